import { chmodSync, lstatSync } from 'node:fs'

/** `closed`: permissions were taken; `open`: others have permissions that cannot be taken, or not by us; `kept`: no other user had any. */
export type Closing = 'closed' | 'open' | 'kept'

/**
 * Takes every permission of its group and of other users from a file or folder, if it is there. What belongs to another user stays as it
 * is, and so does what a symbolic link leads to: another user may have put it there.
 */
export function closeToOthers(path: string): Closing {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found || found.isSymbolicLink() || (found.mode & 0o077) === 0) return 'kept'
  if (found.uid !== process.geteuid?.()) return 'open'
  try {
    chmodSync(path, found.mode & 0o700)
    return 'closed'
  } catch {
    return 'open'
  }
}
