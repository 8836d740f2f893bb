import { isoSeconds, type Instant } from '../time.js'
import { globalServices } from './global-services.js'
import { overlaps } from './pattern.js'
import type { Bounds, Statement } from './statement.js'

type Values = string | readonly string[]
type Condition = Readonly<Record<string, Readonly<Record<string, Values>>>>

/** One statement of a session policy as STS reads it. */
export interface Element {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: Values
  readonly NotAction?: Values
  readonly Resource: Values
  readonly Condition?: Condition
}

/** A list of one costs two characters less without its brackets, and means the same. */
export const short = (values: readonly string[]): Values => (values.length === 1 ? (values[0] ?? '') : values)

const deny = (Condition: Condition, spared: readonly string[] = []): Element => ({
  Effect: 'Deny',
  ...(spared.length > 0 ? { NotAction: short(spared) } : { Action: '*' }),
  Resource: '*',
  Condition,
})

/** The global services that these statements can reach at all: only those need to be spared. */
function reached(statements: readonly Statement[]): readonly string[] {
  const allowed = statements.flatMap(({ actions }) => actions)
  return globalServices.filter((service) =>
    allowed.some((action) => overlaps(action, service, { fold: true })),
  )
}

/** The end of the session. Its text is as long for every time that `boundsFault` lets pass. */
export const ending = (notAfter: Instant): Element =>
  deny({ DateGreaterThan: { 'aws:CurrentTime': isoSeconds(notAfter) } })

/**
 * All bounds but the end. Each is a statement of its own, since the conditions within one add up by AND. EC2 and Glue
 * do not send `aws:ViaAWSService` (IAM user guide, global condition keys): `IfExists` keeps their calls bound too.
 */
export function places(
  statements: readonly Statement[],
  { regions, egress }: Omit<Bounds, 'notAfter'>,
): readonly Element[] {
  return [
    deny({ StringNotEquals: { 'aws:RequestedRegion': short(regions) } }, reached(statements)),
    ...(egress
      ? [
          deny({
            NotIpAddress: { 'aws:SourceIp': short(egress) },
            BoolIfExists: { 'aws:ViaAWSService': 'false' },
          }),
        ]
      : []),
  ]
}

/** The last second whose text is of the usual length, 9999-12-31T23:59:59Z. */
export const latest = 253_402_300_799_000

/** A bound that AWS would read as no bound: an empty list, a policy variable, a time that is no time. */
export function boundsFault({ notAfter, regions, egress }: Bounds): string | undefined {
  if (!(notAfter >= 0 && notAfter <= latest)) return 'The end of the session is not a time.'
  if (regions.length === 0) return 'No region is named; a session needs at least one.'
  const odd = regions.find((region) => !/^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$/.test(region))
  if (odd !== undefined) return `${JSON.stringify(odd)} is not the name of a region, such as eu-west-1.`
  if (egress?.length === 0) return 'The list of egress ranges is empty; leave it out or name one.'
  const range = egress?.find((text) => !/^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/.test(text))
  if (range !== undefined)
    return `${JSON.stringify(range)} is not a range of addresses, such as 203.0.113.0/24.`
  return undefined
}
