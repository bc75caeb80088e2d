import { createHash } from 'node:crypto'
import { randomToken, systemRandomness } from '../lib/random.ts'

/** `clientele generate admin-token <name>`: a token for the admin listener, and the configuration that accepts it, with its hash only. */
export function generateAdminToken(name: string): number {
  const token = randomToken(systemRandomness, 'clientele_admin_')
  const sha256 = createHash('sha256').update(token).digest('hex')
  console.log(`Send this token as "Authorization: Bearer …". It is shown only once; store it as a secret:

${token}

Add its hash to the configuration:

serve:
  admin:
    auth:
      bearer:
        - name: ${JSON.stringify(name)}
          sha256: ${sha256}`)
  return 0
}
