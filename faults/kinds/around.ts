import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultKind } from '../fault-kind.js'
import type { Random } from '../random.js'
import type { World } from '../world.js'

/** More calls than there will be. */
const many = 10_000

/** Longer than Stint goes on trying STS: some give up, and others have an answer after all. */
const outlasting = 3_000

/** Goes wrong for a while, and then behaves. */
const forAWhile = (
  name: string,
  wrong: (world: World, random: Random) => void,
  long?: { readonly long: true },
): FaultKind => ({
  name,
  ...long,
  async strike(world, random) {
    wrong(world, random)
    await sleep(random.between(300, outlasting))
    for (const one of [world.sts, world.slack]) one.behave()
    return performance.now()
  },
})

const mangled: readonly ((xml: string) => string)[] = [
  () => '',
  () => '<html>Bad gateway</html>',
  (xml) => xml.slice(0, xml.length / 2),
  (xml) => xml.replace(/<SecretAccessKey>.*<\/SecretAccessKey>/, ''),
  (xml) => xml.replaceAll('AssumeRole', 'AssumeRule'),
  (xml) => xml.replace(/<Expiration>.*<\/Expiration>/, '<Expiration>soon</Expiration>'),
]

/** Its answers wait, all of them; then they come. */
const stsSlow = (name: string, least: number, most: number): FaultKind => ({
  name,
  long: true,
  async strike({ sts }, random) {
    const hold = sts.hold()
    await sleep(random.between(least, most))
    hold.release()
    return performance.now()
  },
})

/** The issuer is broken while a broker starts, and so has no keys at all. */
const keysBroken = (name: string, answer: World['idp']['answers']['jwks']): FaultKind => ({
  name,
  long: true,
  async strike(world, random) {
    world.idp.answers.jwks = answer
    await world.end(random.pick(world.brokers()), 'SIGKILL')
    await world.up()
    await sleep(random.between(500, 2_000))
    world.idp.answers.jwks = 'ok'
    return performance.now()
  },
})

/** From one moment to the next all tokens are signed with a key that nobody has seen. */
const keysRotated: FaultKind = {
  name: 'JWKS rotated',
  long: true,
  async strike({ idp }, random) {
    await sleep(random.between(0, 500))
    idp.rotate()
    return performance.now()
  },
}

/** What happens to all that Stint talks to. */
export const faultsAround: readonly FaultKind[] = [
  stsSlow('STS slow', 200, 2_000),
  stsSlow('STS answers too late', 5_500, 7_000),
  forAWhile('STS throttles', ({ sts }) => sts.fail({ code: 'Throttling', status: 400, times: many })),
  forAWhile('STS fails', ({ sts }) => sts.fail({ code: 'InternalFailure', status: 500, times: many }), {
    long: true,
  }),
  forAWhile('STS resets connections', ({ sts }, random) => {
    for (let times = 0; times < 500; times++) sts.reset(random.pick(['before', 'after'] as const))
  }),
  forAWhile('STS answers garbage', ({ sts }, random) => {
    for (let times = 0; times < 500; times++)
      sts.garble(random.pick(mangled), { status: random.pick([200, 200, 502]) })
  }),
  keysBroken('JWKS gone', 'fail'),
  keysBroken('JWKS huge', 'huge'),
  keysBroken('JWKS slow', 'drip'),
  keysRotated,
  forAWhile('Slack gone', ({ slack }) => slack.go({ kind: 'reset', times: many })),
]
