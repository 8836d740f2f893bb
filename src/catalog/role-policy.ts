import type { PolicyDocument, PolicyStatement } from '../iam/document.js'
import { parseDocument } from '../iam/document-read.js'
import { compileBounds } from '../iam/session-policy.js'
import type { Instant } from '../time.js'
import type { Role, Target } from './catalog.js'

/** What a bound is called, by the condition key that it is made of. */
const names: Readonly<Record<string, string>> = {
  'aws:CurrentTime': 'the bound on time',
  'aws:RequestedRegion': 'the bound on regions',
  'aws:SourceIp': 'the bound on addresses',
}

/**
 * What a session of a role could do at most if it were issued now and lived until `notAfter`: the ceiling,
 * statement by statement as the configuration has it, and the bounds that the session policy would have.
 * Statements are called `ceiling[0]` and by their bound.
 */
export function rolePolicy(role: Role, { ceiling, regions }: Target, notAfter: Instant): PolicyDocument {
  const { egress } = role
  const policy = compileBounds(ceiling, { notAfter, regions, ...(egress && { egress }) })
  // It compiled when the configuration was loaded, with a bound that is just as long.
  const read = policy.ok ? parseDocument(policy.json, 'session') : undefined
  if (!read?.ok) throw new Error(`The ceiling of ${role.name} does not compile any more.`)
  return {
    ...read.document,
    statements: [
      ...ceiling.map(({ actions, resources, conditions }, at): PolicyStatement => ({
        at: `ceiling[${at}]`,
        effect: 'Allow',
        actions: { negated: false, patterns: actions },
        resources: { negated: false, patterns: resources },
        ...(conditions && { conditions }),
      })),
      ...read.document.statements.map((statement) => ({ ...statement, at: nameOf(statement) ?? 'a bound' })),
    ],
  }
}

const nameOf = ({ conditions = {} }: PolicyStatement): string | undefined =>
  Object.values(conditions)
    .flatMap((keys) => Object.keys(keys))
    .map((key) => names[key])
    .find((name) => name !== undefined)
