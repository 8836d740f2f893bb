import * as oidc from 'openid-client'
import { formatDuration } from '../../time.js'
import { openBrowser } from './browser.js'
import { listenForBrowser } from './loopback.js'
import type { Output } from './output.js'
import type { Settings } from './settings.js'
import { Stop } from './stop.js'
import type { SignIn } from './vault.js'
import type { World } from './world.js'

/** Seconds that one answer of the issuer may take. */
const patience = 15

/** Signs a person in: in a browser that comes back to loopback, or by a code typed on another device. */
export async function signIn(
  world: World,
  settings: Settings,
  say: Output,
  device: boolean,
): Promise<SignIn> {
  return explained(settings, async () => {
    const config = await discover(settings)
    const tokens = device
      ? await byDevice(config, settings, say)
      : await byBrowser(config, world, settings, say)
    return toKeep(tokens, settings, world)
  })
}

/** A new token for a refresh token, which the issuer may rotate; undefined where it holds no longer. */
export async function refresh(
  world: World,
  settings: Settings,
  refreshToken: string,
): Promise<SignIn | undefined> {
  return explained(settings, async () => {
    try {
      const config = await discover(settings)
      const tokens = await oidc.refreshTokenGrant(config, refreshToken, resourceOf(settings))
      return { refreshToken, ...toKeep(tokens, settings, world) }
    } catch (error) {
      if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return undefined
      throw error
    }
  })
}

/** Takes a refresh token back at the issuer; false where the issuer has no way to. */
export async function revoke(settings: Settings, refreshToken: string): Promise<boolean> {
  return explained(settings, async () => {
    const config = await discover(settings)
    if (config.serverMetadata().revocation_endpoint === undefined) return false
    await oidc.tokenRevocation(config, refreshToken, { token_type_hint: 'refresh_token' })
    return true
  })
}

function discover({ issuer, clientId }: Settings): Promise<oidc.Configuration> {
  if (issuer === undefined || clientId === undefined)
    throw new Stop(
      'invalid_config',
      'Who signs you in? Put `issuer` and `clientId` into the file of settings, or set STINT_ISSUER and STINT_CLIENT_ID.',
    )
  // `settings.address` lets http through for loopback alone.
  const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []
  return oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), { execute, timeout: patience })
}

async function byBrowser(config: oidc.Configuration, world: World, settings: Settings, say: Output) {
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
  const loopback = await listenForBrowser(state)
  try {
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: loopback.redirect,
      scope: settings.scope,
      ...(settings.scope.includes('offline_access') && { prompt: 'consent' }),
      ...resourceOf(settings),
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const opened = await openBrowser(world, url.href)
    say.note(
      opened
        ? 'Sign in in the browser, or open this in another on this machine:'
        : 'Open this in a browser on this machine:',
    )
    say.note(url.href)
    const answer = await say.during('Waiting for you to sign in', loopback.answer)
    return await oidc.authorizationCodeGrant(
      config,
      answer,
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
      resourceOf(settings),
    )
  } finally {
    await loopback.close()
  }
}

async function byDevice(config: oidc.Configuration, settings: Settings, say: Output) {
  const device = await oidc.initiateDeviceAuthorization(config, {
    scope: settings.scope,
    ...resourceOf(settings),
  })
  say.note(`On any device, open ${device.verification_uri} and type ${device.user_code}`, 'bold')
  say.note(
    `It holds for ${formatDuration(device.expires_in * 1_000)}. Type no code there that somebody else gave you.`,
  )
  return say.during(
    'Waiting for you to sign in',
    oidc.pollDeviceAuthorizationGrant(config, device, resourceOf(settings)),
  )
}

const resourceOf = ({ resource }: Settings): Record<string, string> =>
  resource === undefined ? {} : { resource }

function toKeep(
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  { token: kind }: Settings,
  { clock }: World,
): SignIn {
  const token = kind === 'id' ? tokens.id_token : tokens.access_token
  if (token === undefined)
    throw new Stop('unauthenticated', 'The issuer gave no ID token. Is `openid` in the scope?')
  const ends = kind === 'id' ? tokens.claims()?.exp : undefined
  return {
    token,
    expiresAt: ends !== undefined ? ends * 1_000 : clock() + (tokens.expiresIn() ?? 300) * 1_000,
    ...(tokens.refresh_token !== undefined && { refreshToken: tokens.refresh_token }),
  }
}

/** What the issuer, or the way to it, says no with, as a sentence. */
async function explained<T>({ issuer }: Settings, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Stop) throw error
    const said = error as {
      error?: unknown
      error_description?: unknown
      message: string
      cause?: { code?: unknown }
    }
    if (typeof said.error === 'string')
      throw new Stop(
        'unauthenticated',
        `${issuer} did not sign you in: ${String(said.error_description ?? said.error)}.`,
      )
    throw new Stop('unreachable', `${issuer} cannot be used: ${String(said.cause?.code ?? said.message)}.`)
  }
}
