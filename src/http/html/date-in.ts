/** A day, as a person writes it. */
export const dateIn = (language: string, time: number): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(time)
