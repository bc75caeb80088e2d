import { Argument, Command } from 'commander'
import { version } from '../app.ts'
import { generateAdminToken } from './generate-admin-token.ts'
import { generatePasswordHash } from './generate-password-hash.ts'
import { migrateSqlStatus, migrateSqlUp } from './migrate-sql.ts'
import { type Listeners, serve } from './serve.ts'

const configOption = ['-c, --config <file>', 'the YAML file with the settings; environment variables win over it'] as const

/** The command line: one entry a command. Runs the one that was named and returns the process's exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const run = (command: () => number | Promise<number>) => async () => {
    exitCode = await command()
  }
  const program = new Command('clientele').description('OAuth 2 and OpenID Connect server with self-service client registration')

  const serveCommand = program
    .command('serve')
    .description('run the server')
    .addArgument(new Argument('[listeners]', 'which listeners').choices(['all', 'public', 'admin']).default('all'))
    .option(...configOption)
    .option('--dev', 'developer mode: plain http, readable logs, a system secret made for you')
  serveCommand.action((listeners: Listeners) => run(() => serve(listeners, serveCommand.opts()))())

  const sql = program.command('migrate').description('look after the database schema').command('sql').description('the SQL database')
  for (const [name, text, act] of [
    ['up', 'bring the schema up to date', migrateSqlUp],
    ['status', 'list the migrations; exit code 1 where one is pending', migrateSqlStatus],
  ] as const) {
    const command = sql
      .command(name)
      .description(text)
      .option(...configOption)
    command.action(run(() => act(command.opts())))
  }

  const generate = program.command('generate').description('make secrets')
  generate
    .command('admin-token')
    .description('make a token for the admin listener and print its hash for the configuration')
    .argument('<name>', 'who will use it; the audit record shows it')
    .action((name: string) => run(() => generateAdminToken(name))())
  generate
    .command('password-hash')
    .description('print the hash of a password for `users` in the configuration; the password is asked for, or read from standard input')
    .action(run(generatePasswordHash))

  program
    .command('version')
    .description('print the version')
    .action(() => console.log(`clientele ${version} (node ${process.version})`))

  await program.parseAsync([...argv], { from: 'user' })
  return exitCode
}
