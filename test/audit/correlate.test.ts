import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { createHistories } from '../../src/audit/histories.js'
import { toldBy } from '../../src/audit/told.js'
import { readCall } from '../../src/audit/trail/call.js'
import { createCorrelation } from '../../src/audit/trail/correlate.js'
import { createDenials } from '../../src/audit/trail/denied.js'
import { isOdd, type Findings } from '../../src/audit/trail/findings.js'
import { ceilings, dayOf, hour, oddities, roleArn, type Day, type Oddity } from '../support/trail.js'

const roles = new Map(Object.keys(ceilings).map((role) => [roleArn(role), role]))

function compare({ record, trail }: Day): Findings {
  const [histories, denials] = [createHistories(), createDenials()]
  const times: number[] = []
  for (const text of record) {
    const told = toldBy(text)
    if (!told) throw new Error('no event')
    times.push(told.at)
    histories.take(told)
    denials.take(told)
  }
  const recorded = { histories: [...histories.all()], denials, from: times[0], to: times.at(-1) }
  const correlation = createCorrelation(
    recorded,
    { roles, ceilings: new Map() },
    { unusedFor: 24 * hour, recorded: new Set() },
  )
  for (const event of trail) {
    const call = readCall(event)
    if (call) correlation.take(call)
  }
  return correlation.findings()
}

/** What a day's findings come to: one word each, with the grant that it is of where it is of one. */
function told(found: Findings): readonly string[] {
  const { bypasses, refused, outside, late, resolved, unused, complete } = found
  return [
    ...bypasses.map(
      ({ road = 'unseen', session, calls }) => `bypass ${road} ${session?.replace(/-01K.*/, '')} ${calls}`,
    ),
    ...refused.map(({ action, isRegionGranted }) => `refused ${action} ${isRegionGranted}`),
    ...outside.map(({ region, action }) => `outside ${region} ${action}`),
    ...late.map(({ broken, worked }) => `late ${broken} ${worked}`),
    ...resolved.map(({ state, verdict, calls }) => `resolved ${state} ${verdict} ${calls > 0}`),
    ...unused.never.map(() => 'never used'),
    ...unused.uncollected.map(() => 'uncollected'),
    ...unused.unshown.map(() => 'unshown'),
    ...complete.missing.map(() => 'missing'),
  ].sort()
}

const expected: Readonly<Record<Oddity, string>> = {
  'assumed by hand': 'bypass AssumeRole mallory 1',
  'assumed by a pipeline': 'bypass AssumeRoleWithWebIdentity deploy 1',
  'assumed under a name': 'bypass AssumeRole dan@example.com 1',
  'session from before': 'bypass unseen yesterday 1',
  'tried more': 'refused rds:DeleteDBCluster true',
  elsewhere: 'outside eu-west-1 sqs:GetQueueAttributes',
  'after the window': 'late window 1',
  'after the deny': 'late deny 1',
  'never used': 'never used',
  'answer lost': 'resolved unknown session true',
  'not in the trail': 'missing',
}
/** These are no sign that somebody did what they must not. */
const harmless = new Set<Oddity>(['tried more', 'never used', 'answer lost'])

t.test('each oddity of a day is found, and nothing else', async (t) => {
  for (const one of [undefined, ...oddities]) {
    const found = compare(dayOf(7, 24, new Set(one ? [one] : [])))
    t.strictSame(told(found), one ? [expected[one]] : [], one ?? 'nothing is odd')
    t.equal(isOdd(found), one !== undefined && !harmless.has(one))
  }
})

t.test('whatever is odd, in whatever order the events come: just that', async (t) => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: oddities.length, max: 40 }),
      fc.subarray([...oddities]),
      fc.nat(60),
      (seed, grants, odd, noise) => {
        const found = compare(dayOf(seed, grants, new Set(odd), noise))
        t.strictSame(told(found), odd.map((one) => expected[one]).sort())
      },
    ),
    { numRuns: 60 },
  )
})
