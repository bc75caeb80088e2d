/**
 * How many rows a page of a list passes over, beside those that it shows: withdrawn grants, say, until a job has removed them. A page
 * that has found too few by then ends there, and the next one begins there.
 */
const mostPassedOver = 500

/** Where in the range of a list a page of `limit` ends at the latest. It is looked up before the page: what is removed meanwhile moves no place. */
export const endOfPage = (limit: number): number => limit + mostPassedOver - 1

/**
 * @param found one row more than `limit`, where there are as many before the end
 * @param end the place where the page ends at the latest; undefined where the list ends before
 * @returns the rows to show, and the place after which the next page begins
 */
export function pageOf<Place, Row extends Place>(
  found: readonly Row[],
  limit: number,
  end: Place | undefined,
): { readonly rows: readonly Row[]; readonly last: Place | undefined } {
  const rows = found.slice(0, limit)
  return { rows, last: found.length > limit ? rows.at(-1) : end }
}
