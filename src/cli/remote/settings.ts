import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from './stop.js'
import type { World } from './world.js'

/** What is said once and for all about the broker and the way to sign in: flags over environment over file. */
export interface Settings {
  /** The broker's address without a slash at the end; undefined where nobody has said it. */
  readonly url: string | undefined
  /** Who signs people in, and as which client of theirs; never the broker's to say. */
  readonly issuer: string | undefined
  readonly clientId: string | undefined
  /** Which token of the issuer the broker takes, as `issuers[].token` of its configuration has it. */
  readonly token: string
  readonly scope: string
  /** What the access token is for (RFC 8707), where the issuer wants to be told. */
  readonly resource: string | undefined
  /** The audience that a CI system's token is asked for. */
  readonly audience: string
  /** `off`: a sign-in is kept in a file, even where there is a keyring. */
  readonly keyring: string | undefined
}

/** Where the environment says each. */
export const variables = {
  url: 'STINT_URL',
  issuer: 'STINT_ISSUER',
  clientId: 'STINT_CLIENT_ID',
  token: 'STINT_TOKEN_KIND',
  scope: 'STINT_SCOPE',
  resource: 'STINT_RESOURCE',
  audience: 'STINT_AUDIENCE',
  keyring: 'STINT_KEYRING',
} as const
type Name = keyof typeof variables

/** What says where files are. */
export type Place = Pick<World, 'env' | 'platform' | 'home'>

/** A folder of Stint's own by the XDG rules; on Windows in the profile of the user. */
function folder({ env, platform, home }: Place, variable: string, fallback: string): string {
  const base = platform === 'win32' ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local')) : env[variable]
  return join(base?.startsWith('/') || platform === 'win32' ? base! : join(home, fallback), 'stint')
}

export const configFile = (place: Place): string =>
  join(folder(place, 'XDG_CONFIG_HOME', '.config'), 'config.json')

/** Where tokens and credentials are kept until they end. */
export const stateFolder = (place: Place): string => folder(place, 'XDG_STATE_HOME', join('.local', 'state'))

/**
 * Reads the settings. Throws a `Stop` for a file that is not JSON of the known names, and for a flag or variable that
 * cannot be meant; a broken file stops nothing whose flags and environment say all.
 */
export function readSettings(place: Place, flags: Partial<Record<Name, string>> = {}): Settings {
  const said = (name: Name): string | undefined => flags[name] ?? (place.env[variables[name]] || undefined)
  const file = said('url') !== undefined && said('issuer') !== undefined ? {} : readFile(place, said('url'))
  const value = (name: Name) => said(name) ?? file[name]
  const [url, issuer, token] = [value('url'), value('issuer'), value('token')]
  if (token !== undefined && !['access', 'id'].includes(token))
    throw new Stop('invalid_config', `\`token\` must be access or id, not ${token}.`)
  return {
    url: url === undefined ? undefined : address(url, 'the broker'),
    issuer: issuer === undefined ? undefined : address(issuer, 'the issuer'),
    clientId: value('clientId'),
    token: token ?? 'access',
    scope: value('scope') ?? 'openid offline_access',
    resource: value('resource'),
    audience: value('audience') ?? 'stint',
    keyring: value('keyring'),
  }
}

function readFile(place: Place, url: string | undefined): Partial<Record<Name, string>> {
  const path = configFile(place)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  try {
    const file = JSON.parse(text) as unknown
    if (typeof file !== 'object' || file === null || Array.isArray(file)) throw new Error('it is no object')
    for (const [name, held] of Object.entries(file))
      if (!Object.hasOwn(variables, name) || typeof held !== 'string')
        throw new Error(`\`${name}\` is not one of ${Object.keys(variables).join(', ')} with a text`)
    return file
  } catch (error) {
    if (url !== undefined) return {}
    throw new Stop('invalid_config', `${path} cannot be used: ${(error as Error).message}.`)
  }
}

/** An address without a slash at the end. Anything but TLS is for loopback alone: a token goes there. */
export function address(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !safe || url.username || url.password || url.search || url.hash)
    throw new Stop(
      'invalid_request',
      `The address of ${what} must be https:// and a host (http:// is for loopback alone), not ${text}.`,
    )
  return url.href.replace(/\/+$/, '')
}

/** The literal addresses alone and the one name that RFC 6761 keeps for them; `new URL` has written them one way. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
