import { runProgram } from './cli/program.ts'

// Errors that the operator can correct are printed as one line, all others with their stack.
try {
  process.exitCode = await runProgram(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  console.error(explain(error))
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isForOperators = ['ConfigError', 'CannotListen', 'DatabaseUnusable', 'SchemaMismatch', 'SealedKeysLost'].includes(error.name)
  return isForOperators ? `clientele: ${error.message}` : (error.stack ?? error.message)
}
