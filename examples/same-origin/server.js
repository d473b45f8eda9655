// An app on Latchkey's origin: pages, and the API that they call. The proxy is up to you: see
// Caddyfile and nginx.conf. From the root of the repository, start Latchkey and then the app:
//
//   PUBLIC_URL=https://app.example.org TRUSTED_PROXIES=127.0.0.1 go run .
//
//   npm install --prefix examples
//   export ISSUER=https://app.example.org JWT_SECRET=$(cat data/jwt-secret)
//   node examples/same-origin/server.js

import express from 'express';
import { requireUser } from '../express/latchkey.mjs';

const app = express();
app.use(express.static(`${import.meta.dirname}/public`));
app.get('/api/hello', requireUser, (request, response) => response.json({ hello: request.user.name }));
app.listen(process.env.PORT ?? 3000, '127.0.0.1');
