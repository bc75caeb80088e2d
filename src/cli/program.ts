import { Argument, Command } from 'commander'
import { version } from '../app.ts'
import { generateAdminToken } from './generate-admin-token.ts'
import { generatePasswordHash } from './generate-password-hash.ts'
import { migrateSqlStatus, migrateSqlUp } from './migrate-sql.ts'
import { type Listeners, serve } from './serve.ts'

const configOption = ['-c, --config <file>', 'the YAML file with the settings; environment variables override it'] as const

/** Runs the command that `argv` names, and returns the exit code of the process. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const run = (command: () => number | Promise<number>) => async () => {
    exitCode = await command()
  }
  const program = new Command('clientele').description('OAuth 2 and OpenID Connect server with self-service client registration')

  const serveCommand = program
    .command('serve')
    .description('run the server')
    .addArgument(new Argument('[listeners]', 'the listeners to run').choices(['all', 'public', 'admin']).default('all'))
    .option(...configOption)
    .option('--dev', 'developer mode: plain http, readable logs, a generated system secret')
  serveCommand.action((listeners: Listeners) => run(() => serve(listeners, serveCommand.opts()))())

  const sql = program.command('migrate').description('manage the database schema').command('sql').description('the SQL database')
  for (const [name, text, act] of [
    ['up', 'bring the schema up to date', migrateSqlUp],
    ['status', 'list the migrations; exit code 1 if one is pending', migrateSqlStatus],
  ] as const) {
    const command = sql
      .command(name)
      .description(text)
      .option(...configOption)
    command.action(run(() => act(command.opts())))
  }

  const generate = program.command('generate').description('generate secrets')
  generate
    .command('admin-token')
    .description('generate a token for the admin listener and print its hash for the configuration')
    .argument('<name>', 'the name of its user, shown in audit records')
    .action((name: string) => run(() => generateAdminToken(name))())
  generate
    .command('password-hash')
    .description('print the hash of a password for `users` in the configuration; the password is prompted for, or read from standard input')
    .action(run(generatePasswordHash))

  program
    .command('version')
    .description('print the version')
    .action(() => console.log(`clientele ${version} (node ${process.version})`))

  await program.parseAsync([...argv], { from: 'user' })
  return exitCode
}
