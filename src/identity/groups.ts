import { isPrintable } from './printable.js'
import { refused, required } from './refused.js'
import { isObject, member } from './strict-json.js'

type Payload = Readonly<Record<string, unknown>>

const mostGroups = 500

/**
 * The groups of a token, each once: a list of strings, or one string with spaces between them. An absent claim is
 * refused rather than read as no groups: a rule against a group must not be escaped by leaving the claim out.
 */
export function readGroups(payload: Payload, claim: string): readonly string[] {
  refuseOverage(payload, claim)
  const value = required(payload, claim)
  const groups = typeof value === 'string' ? value.split(' ').filter((group) => group !== '') : value
  if (!Array.isArray(groups)) throw refused(`its ${claim} claim is neither a list nor a string`)
  if (groups.length > mostGroups) throw refused(`its ${claim} claim lists more than ${mostGroups} groups`)
  if (!groups.every((group): group is string => typeof group === 'string' && isPrintable(group)))
    throw refused(`its ${claim} claim has a group that is not 1 to 256 visible characters`)
  return [...new Set(groups)]
}

/**
 * Where someone is in too many groups for a token, Microsoft Entra leaves a pointer to its Graph API in their
 * place: `_claim_names`, `hasgroups` or a `groups:src1` claim (learn.microsoft.com, "Groups overage claim").
 * The pointer is not followed: a token must not choose what Stint fetches.
 */
function refuseOverage(payload: Payload, claim: string): void {
  const elsewhere = member(payload, '_claim_names')
  const hasGroups = member(payload, 'hasgroups')
  if (
    (isObject(elsewhere) && (Object.hasOwn(elsewhere, claim) || Object.hasOwn(elsewhere, 'groups'))) ||
    (hasGroups !== undefined && hasGroups !== false && hasGroups !== 'false') ||
    Object.keys(payload).some((name) => name.startsWith(`${claim}:src`) || name.startsWith('groups:src'))
  )
    throw refused(
      `the issuer left the ${claim} out because there are too many (a groups overage) and sent a pointer instead; ` +
        'have the issuer send only the groups that are assigned to Stint',
    )
}
