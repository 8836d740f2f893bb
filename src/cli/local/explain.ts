import { rolePolicy } from '../../catalog/role-policy.js'
import type { Environment } from '../../config/environment.js'
import { Fault, faults } from '../../fault.js'
import { explain, type Explanation, type Question } from '../../iam/explain/explain.js'
import { readDocument } from '../../iam/document-read.js'
import { findPolicies } from '../../iam/lint/find-policies.js'
import { parseJson } from '../../iam/json.js'
import { formatDuration, type Instant } from '../../time.js'
import { failure, type Answer } from '../answer.js'
import { pickRole } from './pick-role.js'

export interface ExplainOptions {
  readonly account?: string
  readonly action?: string
  readonly resource?: string
  /** `key=value`, a key with several values several times. */
  readonly context?: readonly string[]
  readonly json?: true
}

/** `stint explain`: what a role of the configuration allows. `name` is how the file is called in faults. */
export async function explainRole(
  name: string,
  source: { readonly file: string; readonly env: Environment },
  role: string,
  options: ExplainOptions,
  now: Instant,
): Promise<Answer> {
  try {
    // Loaded only for a configuration: policies need none of it.
    const { loadConfig } = await import('../../config/load.js')
    const found = pickRole(loadConfig(source).catalog, role)
    const [first] = found.targets.values()
    const target = options.account === undefined ? first : found.targets.get(options.account)
    if (!target)
      throw new Fault(
        'invalid_request',
        `${role} is not in account ${options.account}; it is in ${[...found.targets.keys()].join(', ')}.`,
      )
    const { lifetime, window } = found.limits.person
    const document = rolePolicy(found, target, now + lifetime)
    const explanation = explain(document, questionOf(options), { now, region: target.regions[0] })
    const life = `A credential that is issued now lives for ${formatDuration(lifetime)}, and fresh ones are issued inside a window of at most ${formatDuration(window.max)}.`
    return answer([{ title: `${role} in account ${target.account}`, explanation, more: [life] }], options)
  } catch (error) {
    return failure(error, name)
  }
}

/** `stint explain`: what each policy of a JSON file allows. */
export function explainFile(name: string, text: string, options: ExplainOptions, now: Instant): Answer {
  try {
    const wrong: string[] = []
    const value = parseJson(text, (at, _, detail) => void wrong.push(`${name} ${at}: ${detail}`))
    const { found } = findPolicies(value)
    if (wrong.length > 0) throw new Fault('invalid_request', wrong.join('\n'))
    if (found.length === 0) throw new Fault('invalid_request', `${name} holds no IAM policy.`)
    const question = questionOf(options)
    const told = found.map(({ at, kind, value: policy }) => {
      const read = readDocument(policy, kind)
      if (!read.ok) {
        const all = read.faults.map((fault) => `${name} ${at}${fault.at}: ${fault.detail}`)
        throw new Fault('invalid_request', all.join('\n'))
      }
      const title = at === '' ? name : `${name} ${at}`
      return { title, explanation: explain(read.document, question, { now }), more: [] }
    })
    return answer(told, options)
  } catch (error) {
    return failure(error, name)
  }
}

function questionOf({ action, resource, context = [] }: ExplainOptions): Question {
  const values: Record<string, string[]> = {}
  for (const text of context) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (key === undefined || value === undefined)
      throw new Fault('invalid_request', `--context must be key=value, not ${text}.`)
    values[key] = [...(values[key] ?? []), value]
  }
  return {
    ...(action !== undefined && { action }),
    ...(resource !== undefined && { resource }),
    ...(context.length > 0 && { context: values }),
  }
}

interface Told {
  readonly title: string
  readonly explanation: Explanation
  readonly more: readonly string[]
}

/** Exits with 0 where nothing was asked about or it is allowed, else as a denied ask does. */
function answer(told: readonly Told[], { json }: ExplainOptions): Answer {
  const refused = told.some(({ explanation: { verdict } }) => verdict && verdict.verdict !== 'allowed')
  const out = json
    ? `${JSON.stringify(
        told.map(({ title, explanation }) => ({ policy: title, ...explanation })),
        null,
        2,
      )}\n`
    : told.map(inWords).join('\n')
  return { exit: refused ? faults.denied.exit : 0, out, err: '' }
}

const inWords = ({ title, explanation: { sentences, verdict }, more }: Told): string =>
  [
    title,
    ...[...sentences, ...more].map((sentence) => `  ${sentence}`),
    ...(verdict ? ['', verdict.detail] : []),
    '',
  ].join('\n')
