import { describe } from 'node:test'
import { actContract } from './contract-acts.ts'
import { ceilingContract } from './contract-ceilings.ts'
import { clientContract } from './contract-clients.ts'
import { loginContract } from './contract-logins.ts'
import { logoutDeliveryContract } from './contract-logout-deliveries.ts'
import { raceContract } from './contract-races.ts'
import { recreationContract } from './contract-recreation.ts'
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
    recreationContract(open)
    ceilingContract(open)
    logoutDeliveryContract(open)
  })
}
