# Wayward as one small image: the published form with production dependencies only.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# Optional packages are Node binaries for machines that have an older one.
RUN npm ci --omit=optional --ignore-scripts
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts
# The parser of SQL brings a build for browsers, maps, and dialects of which one is read here: 88 of its 89 MB.
RUN cd node_modules/node-sql-parser && rm -r umd index.js index.js.map && find build -type f ! -name mariadb.js -delete

# `docker compose up` only: feeds the demo's logs into Kafka. Node runs TypeScript as it is.
FROM node:24-slim AS demo-stream
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY src src
COPY scripts/feed-kafka.ts scripts/feed-kafka.ts
COPY demo demo
USER node
ENTRYPOINT ["node", "scripts/feed-kafka.ts"]

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin/wayward.js bin/wayward.js
COPY detectors detectors
COPY dashboards/wayward.ndjson dashboards/wayward.ndjson
RUN mkdir -m 0700 /var/lib/wayward && chown node:node /var/lib/wayward
USER node
# `state:` in wayward.yaml; the rest of the file system may be read-only.
VOLUME /var/lib/wayward
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: Wayward handles SIGTERM and starts no children that it would have to bury.
ENTRYPOINT ["node", "--min-semi-space-size=32", "--max-semi-space-size=32", "/app/bin/wayward.js"]
CMD ["run", "--config", "/etc/wayward/wayward.yaml"]
