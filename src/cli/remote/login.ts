import type { Command } from 'commander'
import { forget } from './forget.js'
import type { Frame } from './frame.js'
import { withLock } from './lock.js'
import { Stop } from './stop.js'
import { givenTokens } from './tokens.js'
import { openVault } from './vault.js'

export function addLogin(program: Command, frame: Frame): void {
  frame
    .command(program, 'login', 'sign in at your company, in a browser or by a code on another device', {
      text: `Needs \`url\`, \`issuer\` and \`clientId\` in the file of settings (${'~'}/.config/stint/config.json) or in STINT_URL, STINT_ISSUER and
STINT_CLIENT_ID. The token is kept for this one broker, in the system's keyring where there is one, and renewed by itself. A CI
job needs no login: see docs/cli.md.`,
      examples: ['stint login', 'stint login --device    # over SSH: the browser is elsewhere'],
    })
    .option('--device', 'by a code that is typed on another device')
    .action(
      frame.act(async (session, { device }: { readonly device?: boolean }) => {
        const { world, settings, say } = session
        session.url()
        const given = givenTokens(world, settings)
        if (given)
          throw new Stop('invalid_request', `There is no need to: the token comes from ${given.source}.`)
        const vault = await openVault(world, settings)
        const { signIn } = await import('./sign-in.js')
        const { fresh: kept, place } = await withLock(vault.path, world, async () => {
          const fresh = await signIn(world, settings, say, device === true)
          return { fresh, place: await vault.write(fresh) }
        })
        const until = new Date(kept.expiresAt).toISOString()
        if (say.json) say.value({ place, expiresAt: until, renewable: kept.refreshToken !== undefined })
        say.note('Signed in.', 'green')
        say.note(
          `The token is in ${place}, until ${until}${kept.refreshToken ? ', and is renewed by itself' : ''}.`,
        )
      }),
    )

  frame
    .command(program, 'logout', 'forget the sign-in and all credentials that are kept for this broker', {
      text: 'Takes the refresh token back at the issuer where it can be. Credentials that were fetched live until they end.',
      examples: ['stint logout'],
    })
    .action(
      frame.act(async (session) => {
        const { world, settings, say } = session
        const url = session.url()
        const vault = await openVault(world, settings)
        const { kept, credentials } = await withLock(vault.path, world, async () => ({
          kept: await vault.read(),
          credentials: await vault
            .clear()
            .then(() => forget(world, ({ key }) => key.startsWith(`[${JSON.stringify(url)},`))),
        }))
        let revoked = false
        if (kept?.refreshToken !== undefined) {
          const { revoke } = await import('./sign-in.js')
          revoked = await say
            .during('Telling the issuer', revoke(settings, kept.refreshToken))
            .catch((error: Error) => {
              say.note(`The refresh token could not be taken back: ${error.message}`, 'yellow')
              return false
            })
        }
        if (say.json) say.value({ signedIn: kept !== undefined, revoked, credentials })
        say.note(
          kept
            ? `Signed out${revoked ? ', and the refresh token is taken back' : ''}.`
            : 'You were not signed in.',
        )
      }),
    )
}
