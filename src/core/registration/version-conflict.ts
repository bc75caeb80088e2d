import { Unavailable } from '../../lib/unavailable.ts'

/** Somebody else wrote the client between our reading and our writing it. Thrown in a transaction, so that it rolls back. */
export class VersionConflict extends Error {
  override name = 'VersionConflict'
}

/** More than any crowd of administrators: each time one of them gets through. */
const tries = 50

/**
 * Reads, decides and writes again where the client changed in between: the decision must rest on what is replaced.
 *
 * @throws Unavailable when it changed under our hands every time
 */
export async function retryOnConflict<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      if (attempt === tries) throw new Unavailable('the client is being changed by others all the time', 1, { cause: error })
    }
  }
}
