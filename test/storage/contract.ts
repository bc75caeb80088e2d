import { describe } from 'node:test'
import { actContract } from './contract-acts.ts'
import { clientContract } from './contract-clients.ts'
import { loginContract } from './contract-logins.ts'
import { logoutDeliveryContract } from './contract-logout-deliveries.ts'
import { raceContract } from './contract-races.ts'
import { tokenContract } from './contract-tokens.ts'
import type { OpenDatabase } from './fresh-stores.ts'

/** The tests that every database must pass, given a function that opens a new database. */
export function storeContract(name: string, open: OpenDatabase): void {
  describe(`the store contract on ${name}`, () => {
    clientContract(open)
    tokenContract(open)
    loginContract(open)
    actContract(open)
    raceContract(open)
    logoutDeliveryContract(open)
  })
}
