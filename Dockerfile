FROM node:22-bookworm-slim AS build
# SQLite is compiled where no prebuilt binary can be fetched, against the headers that Node came with.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
ENV npm_config_nodedir=/usr/local
WORKDIR /stint
COPY package.json package-lock.json .npmrc ./
RUN npm ci --loglevel=error
COPY tsconfig.json ./
COPY src ./src
RUN npx --no-install tsc --sourceMap false \
  && npm prune --omit=dev --loglevel=error \
  # The query builder could use it, and so npm keeps it; only tests do.
  && rm -rf node_modules/@electric-sql

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
  TZ=UTC \
  STINT_LISTEN=0.0.0.0:8080 \
  STINT_STORE=/var/lib/stint/stint.db
WORKDIR /stint
COPY package.json openapi.yaml stint.schema.json ./
COPY migrations ./migrations
COPY cost ./cost
COPY --from=build /stint/node_modules ./node_modules
COPY --from=build /stint/build/src ./build/src
# Everything above belongs to root and is read-only to Stint; the data alone is its own.
RUN mkdir -p /var/lib/stint /etc/stint && chown node:node /var/lib/stint
USER node
VOLUME /var/lib/stint
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "const port = process.env.STINT_LISTEN.split(':').at(-1); fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "build/src/cli/main.js"]
CMD ["serve", "--config", "/etc/stint/stint.yaml"]
