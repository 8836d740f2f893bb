import type { Environment } from '../../config/environment.js'
import { standing, type CeilingFinding } from '../../config/lint.js'
import { Fault, faults } from '../../fault.js'
import { step } from '../../iam/json.js'
import { jsonPlaces } from '../../iam/lint/json-places.js'
import { lintJson } from '../../iam/lint/lint-json.js'
import { isoSeconds, type Instant } from '../../time.js'
import { failure, type Answer } from '../answer.js'
import type { FailLevel, LintFormat } from './choices.js'
import { asJson, asSarif, asText, type Linted } from './lint-output.js'

export interface LintOptions {
  readonly format: LintFormat
  readonly failOn: FailLevel
  /** Ids of accounts that are one's own. */
  readonly account?: readonly string[]
}

export interface File {
  readonly name: string
  readonly text: string
}

/**
 * `stint lint`: everything remarkable in the ceilings of a configuration (`.yaml`) and in the policies of JSON
 * files. Exits with 0, or as an invalid configuration does where something is found that must not be.
 */
export async function lintFiles(
  files: readonly File[],
  env: Environment,
  { format, failOn, account = [] }: LintOptions,
  now: Instant,
): Promise<Answer> {
  let at = ''
  try {
    for (const id of account)
      if (!/^\d{12}$/.test(id))
        throw new Fault('invalid_request', `${id} is no account id: it has twelve digits.`)
    const own = new Set(account)
    const linted: Linted[] = []
    for (const file of files.filter(isYaml)) {
      at = file.name
      refuseTemplate(file)
      // Loaded only for a configuration: its expressions and its schema cost more time than a lint of policies.
      const { readConfig } = await import('../../config/load.js')
      const { findings, catalog } = readConfig({ file: file.text, env })
      for (const id of catalog.accounts.keys()) own.add(id)
      linted.push(...findings.map((finding) => ofConfig(finding, file.name, now)))
    }
    let policies = 0
    for (const { name, text } of files.filter((file) => !isYaml(file))) {
      const { findings, policies: count } = lintJson(text, own)
      const placeOf = jsonPlaces(text)
      policies += count
      linted.push(
        ...findings.map(({ level, ...finding }) => ({
          file: name,
          ...finding,
          standing: level,
          ...placeOf(finding.at),
        })),
      )
    }
    const failed = linted.some(({ standing }) => standing === 'error' || standing === failOn)
    const out =
      format === 'json'
        ? asJson(linted)
        : format === 'sarif'
          ? asSarif(linted)
          : asText(linted, files.length, policies)
    return { exit: failed ? faults.invalid_config.exit : 0, out, err: '' }
  } catch (error) {
    return failure(error, at)
  }
}

const isYaml = ({ name }: File): boolean => /\.ya?ml$/i.test(name)

function refuseTemplate({ name, text }: File): void {
  if (/^Resources:/m.test(text) && !/^roles:/m.test(text))
    throw new Fault(
      'invalid_request',
      `${name} looks like a CloudFormation template. Templates are read as JSON: convert it first, or lint what was synthesised.`,
    )
}

function ofConfig(finding: CeilingFinding, file: string, now: Instant): Linted {
  const { code, detail, path, line = 1, column = 1, exception } = finding
  return {
    file,
    code,
    at: path.map(step).join(''),
    detail,
    line,
    column,
    standing: standing(finding, now),
    ...(exception && { exception: { because: exception.because, until: isoSeconds(exception.until) } }),
  }
}
