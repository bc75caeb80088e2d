/**
 * How many files and connections this process may have open (the soft limit, which Node raises to the hard limit at its start);
 * undefined if the system has no such limit or does not report it.
 */
export function openFilesLimit(): number | undefined {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report
  const before = report.excludeNetwork ?? false
  // Otherwise the report looks up the names of this machine's addresses, which can take long.
  report.excludeNetwork = true
  try {
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
    const soft = userLimits?.open_files?.soft
    return typeof soft === 'number' ? soft : undefined
  } finally {
    report.excludeNetwork = before
  }
}
