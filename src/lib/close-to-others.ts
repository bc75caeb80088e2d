import { chmodSync, lstatSync } from 'node:fs'

/** `closed`: permissions were removed. `open`: they could not be removed, or the file belongs to another user. `kept`: there were none. */
export type Closing = 'closed' | 'open' | 'kept'

/**
 * Removes the permissions of group and others from a file or folder, if it exists. A file of another user is not changed; neither is the
 * target of a symbolic link, which another user may have created.
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
