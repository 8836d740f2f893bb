import { fileRules } from '../../iam/lint/lint-json.js'
import { rules } from '../../iam/lint/lint.js'
import type { Hit, Level } from '../../iam/lint/rule.js'
import { version } from '../../version.js'

/** A finding with the file and the place it is in, and how it stands today. */
export interface Linted extends Hit {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly code: string
  readonly standing: Level | 'allowed'
  /** Who accepts it, if anybody ever did; in force only where it stands as allowed. */
  readonly exception?: { readonly because: string; readonly until: string }
}

const count = (number: number, one: string, more: string): string => `${number} ${number === 1 ? one : more}`

const number = (linted: readonly Linted[], standing: Linted['standing']): number =>
  linted.filter((finding) => finding.standing === standing).length

/** A finding a line, `file:line:column level code: detail`, with the pointer to it; then what it comes to. */
export function asText(linted: readonly Linted[], files: number, policies: number): string {
  const lines = linted.map(({ file, line, column, at, standing, code, detail, exception }) => {
    const where = `${file}:${line}:${column}${at === '' ? '' : ` ${at}`}`
    const accepted =
      exception &&
      ` (${standing === 'allowed' ? 'until' : 'its exception ended'} ${exception.until}: ${exception.because})`
    return `${where} ${standing} ${code}: ${detail}${accepted ?? ''}`
  })
  const sum = [
    count(number(linted, 'error'), 'error', 'errors'),
    count(number(linted, 'warn'), 'warning', 'warnings'),
    `${number(linted, 'allowed')} allowed`,
  ]
  const of = `${count(files, 'file', 'files')}${policies > 0 ? ` with ${count(policies, 'policy', 'policies')}` : ''}`
  return `${[...lines, `${sum.join(', ')} in ${of}.`].join('\n')}\n`
}

export function asJson(linted: readonly Linted[]): string {
  const findings = linted.map(({ file, line, column, at, code, standing, detail, exception }) => ({
    file,
    line,
    column,
    pointer: at,
    code,
    level: standing,
    detail,
    ...(exception && { exception }),
  }))
  const counts = {
    error: number(linted, 'error'),
    warn: number(linted, 'warn'),
    allowed: number(linted, 'allowed'),
  }
  return `${JSON.stringify({ findings, counts }, null, 2)}\n`
}

/** What a finding of the file itself, rather than of a policy in it, is called. */
const described = [
  ...fileRules,
  ...rules,
  { code: 'unused-exception', level: 'warn', title: 'an exception that nothing needs' },
] as const

/** SARIF 2.1.0 (OASIS), as code scanning takes it. What is accepted is suppressed there, and still told. */
export function asSarif(linted: readonly Linted[]): string {
  const levels = { error: 'error', warn: 'warning', allowed: 'note' } as const
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'stint',
              version,
              rules: described.map(({ code, level, title }) => ({
                id: code,
                shortDescription: { text: title },
                defaultConfiguration: { level: levels[level] },
              })),
            },
          },
          results: linted.map((finding) => ({
            ruleId: finding.code,
            ruleIndex: described.findIndex(({ code }) => code === finding.code),
            level: levels[finding.standing],
            message: { text: finding.detail },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: uriOf(finding.file) },
                  region: { startLine: finding.line, startColumn: finding.column },
                },
                logicalLocations: [{ fullyQualifiedName: finding.at }],
              },
            ],
            ...(finding.standing === 'allowed' && {
              suppressions: [{ kind: 'external', justification: finding.exception?.because }],
            }),
          })),
        },
      ],
    },
    null,
    2,
  )}\n`
}

/** A path as a relative reference: every character that a URI does not take is escaped. */
const uriOf = (path: string): string =>
  path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
