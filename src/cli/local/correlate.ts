import { createHistories } from '../../audit/histories.js'
import { toldBy } from '../../audit/told.js'
import { createChecks } from '../../audit/trail/checks.js'
import type { Guarded, Recorded } from '../../audit/trail/compared.js'
import { createCorrelation } from '../../audit/trail/correlate.js'
import { createDenials } from '../../audit/trail/denied.js'
import { isOdd } from '../../audit/trail/findings.js'
import { grantedOf } from '../../audit/trail/uses.js'
import type { Environment } from '../../config/environment.js'
import { readConfig } from '../../config/load.js'
import type { Role } from '../../catalog/catalog.js'
import { exits, Fault } from '../../fault.js'
import { serviceOf } from '../../iam/services.js'
import type { Statement } from '../../iam/statement.js'
import type { Session } from '../remote/frame.js'
import { recordLines } from '../remote/record.js'
import { Stop } from '../remote/stop.js'
import { asJson, asText } from './correlate-output.js'
import { readTrail } from './trail.js'

export interface CorrelateOptions {
  readonly record?: readonly string[]
  /** Path of a configuration, whose catalogue is compared beside the record's. */
  readonly config?: string
  readonly days: string
  readonly dataEvents?: readonly string[]
  readonly region?: string
  readonly endpoint?: string
  readonly all?: true
}

/** What reads a configuration. */
export interface Surroundings {
  readonly env: Environment
  /** Rejects with a `Fault`. */
  readonly read: (path: string) => Promise<string>
}

/**
 * `stint audit correlate`: the record first, then the trail in one pass. Resolves to the exit code: 0, or that of what is
 * odd. Rejects with a `Stop` for what cannot be read at all.
 */
export async function correlate(
  session: Session,
  places: readonly string[],
  options: CorrelateOptions,
  surroundings: Surroundings,
): Promise<number> {
  const { say } = session
  const { region, endpoint } = options
  const limits = { unusedFor: daysIn(options.days), recorded: servicesIn(options.dataEvents) }
  const configured = options.config === undefined ? [] : await rolesIn(options.config, surroundings)
  const record = await recorded(session, options.record)
  const guarded = guardedBy(record, configured)
  if (guarded.roles.size === 0)
    throw new Stop(
      'not_found',
      'The record has no grant, so there is no role to compare; --config names those of the catalogue.',
    )
  const correlation = createCorrelation(record, guarded, limits)
  const bucket = { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) }
  const reading = await readTrail(places, bucket, correlation.take, (files, events) =>
    say.note(`${events} events of ${files} files read`, 'dim'),
  )
  const findings = correlation.findings()
  const seen = { record, reading, coverage: correlation.coverage, findings }
  if (say.json) say.value(asJson(seen))
  else say.data(...asText(seen, options.all === true))
  for (const { file, detail, events } of reading.unread)
    say.note(`${file} was not read whole: ${detail} (${events} events of it were read).`, 'red')
  return isOdd(findings) || reading.unread.length > 0 ? exits.odd : 0
}

function daysIn(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text) * 86_400_000
  throw new Stop('invalid_request', `${text} is no number of days.`)
}

function servicesIn(names: readonly string[] = []): ReadonlySet<string> {
  const unknown = names.find((name) => !serviceOf(name))
  if (unknown === undefined) return new Set(names.map((name) => name.toLowerCase()))
  throw new Stop('invalid_request', `${unknown} is no service as policies name it, such as s3 or dynamodb.`)
}

async function recorded(session: Session, files: readonly string[] | undefined): Promise<Recorded> {
  const [histories, denials, checks] = [createHistories(), createDenials(), createChecks()]
  let [from, to]: [number | undefined, number | undefined] = [undefined, undefined]
  for await (const line of recordLines(session, files ? { record: files } : {})) {
    const told = toldBy(line)
    if (!told) continue
    from = Math.min(from ?? told.at, told.at)
    to = Math.max(to ?? told.at, told.at)
    histories.take(told)
    denials.take(told)
    checks.take(told)
  }
  return { histories: [...histories.all()], denials, checks, from, to }
}

/** The roles of a configuration's catalogue. */
async function rolesIn(path: string, { env, read }: Surroundings): Promise<readonly Role[]> {
  try {
    return [...readConfig({ file: await read(path), env }).catalog.roles.values()]
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const more =
      error.code === 'invalid_config'
        ? ` stint config check --config ${path} lists what is wrong with it.`
        : ''
    throw new Stop(error.code, `${error.detail}${more}`)
  }
}

/** What the record has granted, and the catalogue where it is given: a role that was never asked for is guarded too. */
function guardedBy({ histories }: Recorded, configured: readonly Role[]): Guarded {
  const roles = new Map(
    histories.flatMap(({ role, scope }) => (scope?.arn === undefined ? [] : [[scope.arn, role] as const])),
  )
  const ceilings = new Map<string, readonly Statement[]>()
  for (const { name, targets } of configured) {
    const entries = [...targets.values()]
    for (const { arn } of entries) roles.set(arn, name)
    ceilings.set(name, grantedOf(entries.map(({ account, ceiling }) => ({ account, statements: ceiling }))))
  }
  return { roles, ceilings }
}
