import type { Catalog, Role, Target } from '../../catalog/catalog.js'
import type { Environment } from '../../config/environment.js'
import { loadConfig } from '../../config/load.js'
import { Fault, faults } from '../../fault.js'
import { checkRole, type Checked } from '../../grant/check-role.js'
import { ulids } from '../../grant/ulid.js'
import type { OwnCredentials } from '../../mint/clients.js'
import { createSts } from '../../mint/sts.js'
import { openStore } from '../../store/open.js'
import type { Clock, Duration } from '../../time.js'
import { failure, type Answer } from '../answer.js'
import { pickRole } from './pick-role.js'

/** What a command takes from the world, besides files and the environment. */
export interface World {
  readonly clock: Clock
  /** Secure random bytes. */
  readonly random: (bytes: number) => Uint8Array
  readonly sleep: (ms: Duration) => Promise<void>
  /** The broker's own AWS credentials; left out, the SDK's default chain finds them. */
  readonly credentials?: OwnCredentials
}

interface Chosen {
  readonly role: string | undefined
  readonly account: string | undefined
}

/**
 * `stint roles check`: assumes the chosen roles, or all, in each account and region, and says what STS said.
 * `name` is how the file is called in the faults.
 */
export async function rolesCheck(
  name: string,
  source: { readonly file: string; readonly env: Environment },
  chosen: Chosen,
  world: World,
): Promise<Answer> {
  try {
    const { catalog, store: at, sts: wiring } = loadConfig(source)
    const pairs = choose(catalog, chosen)
    const { clock, random, sleep, credentials } = world
    const newId = ulids(random)
    const store = await openStore(at, { replica: newId(clock()), clock })
    const mint = createSts({
      clock,
      sleep,
      random: () => (random(1)[0] ?? 0) / 256,
      ...wiring,
      ...(credentials && { credentials }),
    })
    try {
      const broker = { store, mint, clock, newId }
      const wanted = pairs.flatMap(([role, target]) =>
        target.regions.map((region) => [role, target, region] as const),
      )
      const all: Checked[] = []
      for (const [role, target, region] of wanted) {
        all.push(await checkRole(broker, role, target, region))
        if (isHopeless(all.at(-1))) break
      }
      return report(all, wanted.length)
    } finally {
      mint.close()
      await store.close()
    }
  } catch (error) {
    return failure(error, name)
  }
}

/** Never nothing: to check nothing would look like success. */
function choose(catalog: Catalog, { role, account }: Chosen): readonly (readonly [Role, Target])[] {
  const roles = role === undefined ? [...catalog.roles.values()] : [pickRole(catalog, role)]
  const pairs = roles.flatMap((one) =>
    [...one.targets.values()]
      .filter((target) => account === undefined || target.account === account)
      .map((target) => [one, target] as const),
  )
  if (pairs.length > 0) return pairs
  throw new Fault(
    'invalid_request',
    `${role ?? 'No role'} is ${role === undefined ? '' : 'not '}in account ${account}.`,
  )
}

/** Without credentials of its own the broker can assume no other role either. */
const isHopeless = (checked: Checked | undefined): boolean =>
  checked !== undefined && !checked.said.ok && checked.said.fault.code === 'sts_broker_credentials'

function report(all: readonly Checked[], wanted: number): Answer {
  const assumed = all.filter(({ said }) => said.ok).length
  const left = wanted > all.length ? `; ${wanted - all.length} were not tried` : ''
  const count = `${assumed} of ${wanted} could be assumed${left}.`
  const [worst] = all.flatMap(({ said }) => (said.ok ? [] : [faults[said.fault.code].exit]))
  return { exit: worst ?? 0, out: `${[...all.map(lines), count].join('\n')}\n`, err: '' }
}

function lines({ role, account, arn, region, sessionName, said }: Checked): string {
  const where = `${role} in ${account}, ${region}`
  if (said.ok) {
    const { packedPolicySize: size } = said
    const full =
      size === undefined ? '' : `, ${size} percent of the packed limit${size >= 80 ? ' (nearly full)' : ''}`
    return `ok     ${where}: ${sessionName}${full}`
  }
  const suspects = said.suspects.map((document) => `\n       can be at fault: ${document}`).join('')
  const help =
    said.fault.code === 'sts_denied'
      ? `\n       what they should be: stint roles init ${role} --account ${account} --broker <arn>`
      : ''
  return `failed ${where}: ${arn}\n       ${said.fault.detail}${suspects}${help}`
}
