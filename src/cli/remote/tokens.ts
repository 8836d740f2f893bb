import type { Output } from './output.js'
import { readTokenFile } from './private-file.js'
import type { Settings } from './settings.js'
import { signedInTokens } from './signed-in.js'
import { Stop } from './stop.js'
import type { World } from './world.js'

/** Where the token comes from that says who is asking. */
export interface Tokens {
  /** Where it comes from, in words. */
  readonly source: string
  /** A token that should hold. Rejects with a `Stop` that says how to sign in. */
  current(): Promise<string>
  /** Another one in place of one that was refused; undefined where there is none to be had. */
  renew(refused: string): Promise<string | undefined>
}

/** Whoever is asking, by what the environment gives; else who signed in here. */
export const findTokens = (
  world: World,
  settings: Settings,
  _url: string,
  say: Output,
  login: boolean,
): Tokens => givenTokens(world, settings) ?? signedInTokens(world, settings, say, login)

/**
 * The first of these that there is: STINT_TOKEN (a CI job's own, as GitLab sets it), the file that STINT_TOKEN_FILE
 * names, GitHub Actions. Undefined where there is none, and a person has to sign in.
 */
export function givenTokens(world: World, { audience }: Settings): Tokens | undefined {
  const { env } = world
  const [token, file] = [env['STINT_TOKEN'], env['STINT_TOKEN_FILE']]
  if (token) return fixed('the variable STINT_TOKEN', async () => token)
  if (file) return fixed(`the file ${file}`, () => readTokenFile(file, world))
  const [url, bearer] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']]
  if (url && bearer) return fixed('GitHub Actions', () => fromActions(world, url, bearer, audience))
  return undefined
}

/** A source that gives what it has; asked again, it may have another one by then. */
function fixed(source: string, get: () => Promise<string>): Tokens {
  const checked = async () => {
    const token = (await get()).trim()
    if (!/^[\w.~+/-]+=*$/.test(token)) throw new Stop('unauthenticated', `What ${source} gives is no token.`)
    return token
  }
  return {
    source,
    current: checked,
    renew: async (refused) => {
      const token = await checked()
      return token === refused ? undefined : token
    },
  }
}

/** https://docs.github.com/actions/reference/security/oidc: the job needs `permissions: id-token: write`. */
async function fromActions({ fetch }: World, url: string, bearer: string, audience: string): Promise<string> {
  const target = URL.canParse(url) ? new URL(url) : undefined
  target?.searchParams.set('audience', audience)
  try {
    const response = await fetch(target ?? url, {
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    })
    const { value } = (await response.json()) as { value?: unknown }
    if (typeof value === 'string') return value
    throw new Error(`it answers ${response.status}`)
  } catch (error) {
    const why = ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message
    throw new Stop('unreachable', `GitHub Actions gives no token for this job: ${why}.`)
  }
}
