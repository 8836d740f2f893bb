import { readDocument } from '../document-read.js'
import type { PolicyDocument, PolicyKind } from '../document.js'
import { parseJson } from '../json.js'
import { ownAccount } from './cloudformation.js'
import { findPolicies } from './find-policies.js'
import { lint } from './lint.js'
import type { Finding } from './rule.js'

/** What is said of a file before any rule is asked. */
export const fileRules = [
  { code: 'malformed', level: 'error', title: 'not a policy that IAM takes' },
  { code: 'not-read', level: 'warn', title: 'a policy that the file does not hold yet' },
] as const

export interface LintedJson {
  /** How many policies it has. */
  readonly policies: number
  readonly findings: readonly Finding[]
}

/**
 * Lints the text of a JSON file: a policy, or whatever holds policies. `own` are the accounts that are one's
 * own. A file that is no JSON, or says something twice, is itself the finding. Never throws.
 */
export function lintJson(text: string, own: ReadonlySet<string>): LintedJson {
  const findings: Finding[] = []
  const malformed = (at: string, detail: string) =>
    void findings.push({ code: 'malformed', level: 'error', at, detail })
  const value = parseJson(text, (at, _, detail) => malformed(at, detail))
  if (value === undefined) return { policies: 0, findings }

  const { found, unread, container } = findPolicies(value)
  if (found.length === 0 && !container) malformed('', 'No IAM policy is in here.')
  findings.push(...unread.map((hit) => ({ code: 'not-read', level: 'warn' as const, ...hit })))

  const units = new Map<string, { kind: PolicyKind; documents: { at: string; document: PolicyDocument }[] }>()
  for (const { at, owner, kind, value: policy } of found) {
    const read = readDocument(policy, kind)
    if (!read.ok && kind === 'resource') {
      const detail = `A policy of a resource in a form that is its service's own was not looked at: ${read.faults[0]?.detail}`
      findings.push({ code: 'not-read', level: 'warn', at, detail })
      continue
    }
    if (!read.ok) {
      for (const fault of read.faults) malformed(at + fault.at, fault.detail)
      continue
    }
    const key = kind === 'identity' ? owner : at
    const unit = units.get(`${kind} ${key}`) ?? { kind, documents: [] }
    unit.documents.push({ at, document: read.document })
    units.set(`${kind} ${key}`, unit)
  }
  for (const { kind, documents } of units.values())
    findings.push(
      ...lint({
        kind,
        statements: documents.flatMap(({ at, document }) =>
          document.statements.map((statement) => ({ ...statement, at: at + statement.at })),
        ),
        old: documents.filter(({ document }) => document.version === '2008-10-17').map(({ at }) => at),
        own: new Set([...own, ownAccount]),
      }),
    )
  return { policies: found.length, findings }
}
