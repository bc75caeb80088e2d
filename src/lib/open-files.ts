/**
 * How many files and connections this process may have open (the soft limit, which Node raises to the hard one when it starts);
 * undefined where the system has no such limit, or does not tell.
 */
export function openFilesLimit(): number | undefined {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report
  const before = report.excludeNetwork ?? false
  // Or else it looks up the names of this machine's addresses, which takes as long as the resolver does.
  report.excludeNetwork = true
  try {
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
    const soft = userLimits?.open_files?.soft
    return typeof soft === 'number' ? soft : undefined
  } finally {
    report.excludeNetwork = before
  }
}
