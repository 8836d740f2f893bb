import type { Command } from 'commander'
import type { Me, RoleList } from '../../http/contract.js'
import { findAwsTrouble } from './doctor-aws.js'
import { examineBroker } from './doctor-broker.js'
import type { Finding } from './finding.js'
import type { Frame, Session } from './frame.js'
import { left } from './grant-text.js'
import * as shape from './shape.js'
import { exitOf, Stop } from './stop.js'

export function addDoctor(program: Command, frame: Frame): void {
  frame
    .command(program, 'doctor', 'what is wrong with this machine, and what mends it', {
      text: `Looks at the settings, the broker, the clock, the sign-in, the network that you ask from, and the AWS CLI.
Exits with the code of the first thing that failed; warnings alone are no failure.`,
      examples: ['stint doctor', 'stint doctor --json | jq ".checks[] | select(.level != \\"ok\\")"'],
    })
    .action(
      frame.act(async (session) => {
        const { say } = session
        const checks = await say.during('Looking', examine(session))
        if (say.json) say.value({ checks: checks.map(({ code: _, ...check }) => check) })
        else
          for (const { check, level, detail, mend } of checks)
            say.data(
              `${level.padEnd(9)}${check.padEnd(10)}${detail}`,
              ...(mend ? [`${' '.repeat(19)}${mend}`] : []),
            )
        const worst = checks.find(({ level }) => level === 'failed')
        return worst ? exitOf(worst.code ?? 'internal') : 0
      }),
    )
}

async function examine(session: Session): Promise<readonly Finding[]> {
  const { settings, world } = session
  const aws = findAwsTrouble(world)
  aws.catch(() => undefined)
  const checks: Finding[] = []
  if (settings.url === undefined)
    checks.push({
      check: 'settings',
      level: 'failed',
      code: 'invalid_config',
      detail: 'Nobody has said which broker.',
      mend: 'Set STINT_URL to its address, or give --url https://stint.example.com.',
    })
  else {
    checks.push({ check: 'settings', level: 'ok', detail: `The broker is ${settings.url}.` })
    const broker = await examineBroker(world, settings.url)
    checks.push(...broker)
    if (broker.every(({ code }) => code !== 'unreachable')) checks.push(...(await examineCaller(session)))
  }
  return [...checks, ...(await aws)]
}

/** Who is asking, from where, and whether any role can be asked for from there. */
async function examineCaller({ client, tokens, world }: Session): Promise<readonly Finding[]> {
  try {
    const broker = client()
    const me = shape.read<Me>((await broker.get('/v1/me')).body, shape.me)
    const rest = left(me.expiresAt, world.clock())
    const roles = shape.read<RoleList>((await broker.get('/v1/roles')).body, {
      roles: [{ name: shape.text, from: [shape.text] }],
    }).roles
    const here = roles.filter(({ from }) => from.some((name) => name === 'any' || me.networks.includes(name)))
    const where = `${me.address} is in ${me.networks.join(', ') || 'no named network'}`
    const wanted = [...new Set(roles.flatMap(({ from }) => from))].join(', ')
    return [
      { check: 'login', level: 'ok', detail: `${me.subject}, by ${tokens().source}; ${rest} left.` },
      roles.length === 0
        ? {
            check: 'network',
            level: 'warning',
            detail: `${where}; there is no role that you may ask for.`,
            mend: `Your groups are ${me.groups.join(', ') || 'none'}: ask whoever keeps the roles.`,
          }
        : here.length === 0
          ? {
              check: 'network',
              level: 'warning',
              detail: `${where}; none of your ${roles.length} roles can be asked for from there.`,
              mend: `Ask from one of: ${wanted}. Is the VPN up?`,
            }
          : {
              check: 'network',
              level: 'ok',
              detail: `${where}; ${here.length} of your ${roles.length} roles can be asked for from there.`,
            },
    ]
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    const signedOut = error.code === 'unauthenticated'
    return [
      {
        check: 'login',
        level: 'failed',
        code: error.code,
        detail: error.message,
        ...(signedOut && { mend: 'stint login' }),
      },
    ]
  }
}
