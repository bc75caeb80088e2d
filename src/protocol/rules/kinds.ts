import { withDefaultSubject } from '../metadata-defaults.ts'
import { type Check, found, oneOf } from '../metadata-rule.ts'
import { sectorOf } from '../redirect-uri.ts'

export const applicationTypeIsKnown: Check = ({ metadata }) => oneOf('application_type', metadata.applicationType, ['web', 'native'])

/** A kind of subject that the client has already may stay (decision 0005): its users are known by it. */
export const subjectTypeIsSupported: Check = ({ metadata, settings, inForce }) =>
  oneOf('subject_type', metadata.subjectType, settings.subjectTypes, inForce.subjectType)

/** OpenID Connect Core §8.1: with redirect URIs on several hosts the sector would be unknown. */
export const pairwiseSubjectsHaveOneSector: Check = ({ metadata, settings }) => {
  const isPairwise = withDefaultSubject(metadata, settings.subjectTypes).subjectType === 'pairwise'
  const sectors = new Set((metadata.redirectUris ?? []).map(sectorOf))
  if (!isPairwise || metadata.sectorIdentifierUri !== undefined || sectors.size < 2) return []
  return found('sector_identifier_uri', 'is needed for pairwise subjects where redirect_uris are on several hosts')
}
