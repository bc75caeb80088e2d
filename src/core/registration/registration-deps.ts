import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import type { Randomness } from '../../lib/random.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { HydraRules } from '../../protocol/hydra-client.ts'
import type { MetadataSettings } from '../../protocol/metadata-rule.ts'
import type { Audit, AuditStore } from '../audit/audit.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { ChosenSecrets } from '../clients/secrets.ts'
import type { RegistrationPolicy } from '../policies/built-in-policy.ts'
import type { RegistrationTokenStore } from './registration-token.ts'
import type { SectorFault } from './sector-identifier.ts'

/** What every act on a client writes to, in one transaction. */
export type RegistrationTransaction = Transaction<{ clients: ClientStore; registrationTokens: RegistrationTokenStore; audit: AuditStore }>

/** A client and the secrets that are said once and never again. */
export interface Registered {
  readonly client: Client
  readonly clientSecret?: string
  readonly registrationAccessToken: string
}

export interface RegistrationDeps {
  readonly transaction: RegistrationTransaction
  readonly clock: Clock
  readonly randomness: Randomness
  readonly rules: Live<Omit<MetadataSettings, 'signingAlgs'>>
  /** What this server can sign with now. */
  readonly signingAlgs: () => Promise<readonly string[]>
  readonly policy: Live<RegistrationPolicy>
  readonly audit: Audit
  readonly sectorFault: SectorFault
}

/** What an owner's change of its client uses besides. */
export interface OwnerDeps extends RegistrationDeps {
  /** Reads outside a transaction. */
  readonly registrationTokens: RegistrationTokenStore
  readonly secrets: ChosenSecrets
}

/** What an administrator's acts on clients use. */
export interface AdminDeps {
  readonly transaction: RegistrationTransaction
  /** Reads outside a transaction. */
  readonly clients: ClientStore
  readonly clock: Clock
  readonly randomness: Randomness
  readonly secrets: ChosenSecrets
  readonly rules: Live<HydraRules>
  /** What this server can sign with now. */
  readonly signingAlgs: () => Promise<readonly string[]>
  readonly audit: Audit
  readonly sectorFault: SectorFault
  readonly telemetry: Pick<Telemetry, 'log'>
}
