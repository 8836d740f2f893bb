import { misfits } from '../iam/misfit.js'
import type { Elsewhere, Refusal } from '../iam/refusal.js'
import { contained, narrow } from '../iam/scope.js'
import { worstBounds, worstCase, type Compiled } from '../iam/session-policy.js'
import type { Bounds, Narrowing, Statement } from '../iam/statement.js'
import { lately } from '../lately.js'
import type { Catalog, Role, Target } from '../catalog/catalog.js'
import type { Managed } from '../catalog/ceiling-policy.js'
import type { Check, Scope } from './decision.js'
import { notDenied, whoMayAsk } from './checks.js'
import { matterOf, type Matter } from './question.js'

/** The checks on what the session may do, and the scope itself where all of it could be proved. */
interface Scoped {
  readonly checks: readonly Check[]
  readonly scope?: Scope
}

/**
 * Proves that what is asked (or was agreed) lies within today's ceiling and fits into a session policy, or,
 * where nothing is narrowed, is what the role's managed policy holds.
 * What was agreed is never replaced by what the ceiling says today.
 */
export function scopeOf(matter: Matter, role: Role, target: Target): Scoped {
  const proved = prove(matter, role, target)
  if (!proved.statements) return { checks: [proved.check] }

  const { agreed, ask, asker, window } = matter
  const regions = agreed?.regions ?? ask.regions ?? target.regions
  const egress = agreed ? agreed.egress : role.egress
  const { policy, managed } = policiesOf(matter, target, proved.statements, {
    regions,
    ...(egress && { egress }),
  })
  const lifetime = role.limits[asker.kind].lifetime
  return {
    checks: [proved.check, fits(policy, managed, target)],
    scope: agreed ?? {
      role: role.name,
      account: target.account,
      accountName: target.accountName,
      arn: target.arn,
      statements: proved.statements,
      ...(managed && { managed }),
      regions: [...new Set(regions)],
      ...(egress && { egress }),
      window,
      lifetime: Math.min(lifetime, window),
    },
  }
}

interface Policies {
  readonly policy: Compiled
  /** Set where it allows the statements and `policy` has only the bounds. */
  readonly managed?: Managed
}

/**
 * Several session policies add up to what any of them allows, so a managed one never goes with an ask that
 * narrows anything; and it is only relied on where Stint's own policy does not fit.
 */
function policiesOf(
  { agreed, ask }: Matter,
  target: Target,
  statements: readonly Statement[],
  bounds: Omit<Bounds, 'notAfter'>,
): Policies {
  const inline = worstCase(statements, bounds)
  const whole = ask.actions === undefined && ask.resources === undefined
  const managed = agreed ? agreed.managed : !inline.ok && inline.tooLong && whole ? target.managed : undefined
  return managed ? { policy: worstBounds(statements, bounds), managed } : { policy: inline }
}

function fits(policy: Compiled, managed: Managed | undefined, target: Target): Check {
  if (!policy.ok) {
    const whole = target.managed ? ', or narrow nothing: a managed policy holds the whole of it' : ''
    const remedy = `Name fewer or shorter actions and resources, or ask twice${whole}.`
    return { check: 'fits', ok: false, detail: policy.detail, remedy }
  }
  const size = `has ${policy.length} of 2048 characters`
  const detail = managed
    ? `The managed policy ${managed.arn} holds all of it; the session policy beside that ${size}, all of them for its bounds.`
    : `The session policy ${size}, ${policy.bounds} of them for its bounds.`
  return { check: 'fits', ok: true, detail }
}

interface Proved {
  readonly check: Check
  readonly statements?: readonly Statement[]
}

const proved: Check = { check: 'scope', ok: true, detail: 'All of it is proved to lie within the ceiling.' }

function prove(matter: Matter, role: Role, target: Target): Proved {
  const { ask, agreed } = matter
  if (agreed) {
    const within = containedIn(matter, target, agreed.statements)
    const bound = role.egress ? agreed.egress?.every((range) => role.egress?.includes(range)) : true
    const same = !agreed.managed || isSame(agreed.managed, target.managed)
    if (within.ok && bound && same) return { check: proved, statements: agreed.statements }
    const detail = !within.ok
      ? `What was agreed is no longer within the ceiling: ${within.detail}`
      : !bound
        ? 'What was agreed is not bound to the addresses that the role demands today.'
        : 'The managed policy that was agreed, or the ceiling that it holds, is no longer that of the role.'
    const remedy = 'Ask again, within what the role allows today.'
    return { check: { check: 'scope', ok: false, detail, remedy } }
  }
  const asked = {
    ...(ask.actions && { actions: ask.actions }),
    ...(ask.resources && { resources: ask.resources }),
  }
  const { narrowed: before } = memoryOf(matter.catalog)
  const key = JSON.stringify([role.name, target.account, asked.actions, asked.resources])
  const lasting = before(key, () => {
    const { statements } = narrowedTo(asked, target, [])
    return statements ? { check: proved, statements } : undefined
  })
  // A refusal names what else the asker may ask for, and that is another for each.
  return lasting ?? narrowedTo(asked, target, elsewhere(matter, role))
}

function narrowedTo(asked: Narrowing, target: Target, others: readonly Elsewhere[]): Proved {
  const narrowed = narrow(target.ceiling, asked, others)
  if (!narrowed.ok) return { check: refused(narrowed.refusals) }
  const { regions, ceiling } = target
  const account = `${target.accountName} (${target.account})`
  const idle = misfits(narrowed.statements, asked, { regions, account, ceiling, elsewhere: others })
  return idle.length > 0 ? { check: refused(idle) } : { check: proved, statements: narrowed.statements }
}

/** What was proved lately under a catalogue, which never changes: most people ask for what others asked for. */
interface Memory {
  readonly narrowed: ReturnType<typeof lately<Proved | undefined>>
  readonly contained: ReturnType<typeof lately<ReturnType<typeof contained>>>
}

const most = 500
const memories = new WeakMap<Catalog, Memory>()

function memoryOf(catalog: Catalog): Memory {
  const memory = memories.get(catalog) ?? { narrowed: lately(most), contained: lately(most) }
  memories.set(catalog, memory)
  return memory
}

function containedIn({ catalog, ask }: Matter, target: Target, statements: readonly Statement[]) {
  const key = JSON.stringify([ask.role, target.account, statements])
  return memoryOf(catalog).contained(key, () => contained(statements, target.ceiling))
}

/** By its hash too: what a policy of that name allows has changed with the ceiling. */
const isSame = (agreed: Managed, today: Managed | undefined): boolean =>
  agreed.arn === today?.arn && agreed.sha256 === today.sha256

const refused = (refusals: readonly Refusal[]): Check => ({
  check: 'scope',
  ok: false,
  detail: refusals.map(({ detail }) => detail).join(' '),
  remedy: [...new Set(refusals.map(({ remedy }) => remedy))].join(' '),
})

/** What the asker could ask for instead; roles that are not for them are not named to them. */
const elsewhere = (matter: Matter, role: Role): readonly Elsewhere[] =>
  [...matter.catalog.roles.values()].flatMap((other) => {
    if (other === role) return []
    const theirs = matterOf({ ...matter, ask: { role: other.name } })
    if (!notDenied(theirs).ok || !whoMayAsk(theirs, other).ok) return []
    return [{ role: other.name, ceiling: [...other.targets.values()].flatMap(({ ceiling }) => ceiling) }]
  })
