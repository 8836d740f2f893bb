// The floor of deciding: a Fastify with one route that does nothing.
import Fastify from 'fastify'
import { serveParent } from './child.js'

const app = Fastify()
app.post('/v1/decisions', async () => ({}))
app.get('/v1/grants', async () => ({}))
const url = app.listen({ host: '127.0.0.1', port: 0 })
serveParent<object, { readonly url: string }>(
  async () => ({ url: await url }),
  () => void app.close(),
)
