/** A day in the long form of a language. */
export const dateIn = (language: string, time: number): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(time)
