import { contains } from '../containment.js'
import type { PolicyStatement } from '../document.js'
import type { Hit, Rule, Unit } from './rule.js'

const version = '2012-10-17'

/** Whether these statements together provably match all that the one does, whatever the effects are. */
function cover(statements: readonly PolicyStatement[], one: PolicyStatement): boolean {
  if (statements.length === 0) return false
  const allow = (statement: PolicyStatement): PolicyStatement => ({ ...statement, effect: 'Allow' })
  return contains({ version, statements: statements.map(allow) }, { version, statements: [allow(one)] }).ok
}

const places = (statements: readonly PolicyStatement[]): string =>
  statements.length <= 3 ? statements.map(({ at }) => at).join(', ') : 'other statements'

/** Those that are needed for it, so that the sentence names no others. */
const needed = (statements: readonly PolicyStatement[], one: PolicyStatement): readonly PolicyStatement[] =>
  statements.reduce<readonly PolicyStatement[]>((left, statement) => {
    const without = left.filter((other) => other !== statement)
    return cover(without, one) ? without : left
  }, statements)

/** Statements that change nothing. Of two that say the same the first stays, so they are judged from the end. */
function* dead({ kind, statements }: Unit): Generator<Hit> {
  if (kind === 'trust' || kind === 'resource') return
  const denies = statements.filter(({ effect }) => effect === 'Deny')
  let alive = statements
  for (const statement of statements.toReversed()) {
    const others = alive.filter((other) => other !== statement && other.effect === statement.effect)
    const by = [others, ...(statement.effect === 'Allow' ? [denies] : [])].find((them) =>
      cover(them, statement),
    )
    if (!by) continue
    alive = alive.filter((other) => other !== statement)
    const verb = by === denies ? 'denied' : statement.effect === 'Allow' ? 'allowed' : 'denied already'
    yield {
      at: statement.at,
      detail: `This statement changes nothing: all of it is ${verb} by ${places(needed(by, statement))}. Take it out.`,
    }
  }
}

export const deadStatements: readonly Rule[] = [
  { code: 'dead-statement', level: 'warn', title: 'a statement that changes nothing', check: dead },
]
