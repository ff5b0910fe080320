/**
 * A small identity provider (OpenID Connect) that runs for real: a page where somebody signs in,
 * codes that are taken once and with their proof key only, and tokens signed with its own key.
 */
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";

const TOKEN_S = 300;
const KID = "e2e-1";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Starts it; whoever signs in there is `subject`, with the methods given. */
export async function startProvider({ client_id, subject, methods = ["pwd"] }) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const codes = new Map();
  const provider = { subject, methods };

  function token(nonce) {
    const now_s = Math.floor(Date.now() / 1000);
    const claims = { iss: provider.issuer, sub: provider.subject, aud: client_id, nonce, amr: provider.methods };
    const signed = `${encode({ alg: "ES256", kid: KID })}.${encode({ ...claims, iat: now_s, exp: now_s + TOKEN_S })}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  }

  function authorize(asked) {
    const code = randomUUID();
    codes.set(code, { nonce: asked.get("nonce"), challenge: asked.get("code_challenge") });
    const back = (more) => {
      const url = new URL(asked.get("redirect_uri"));
      for (const [name, value] of Object.entries({ ...more, state: asked.get("state") })) url.searchParams.set(name, value);
      return url.href.replaceAll("&", "&amp;");
    };
    return `<!doctype html><html lang="zh-CN"><title>统一身份认证</title><main><h1>统一身份认证</h1>
      <p><a href="${back({ code })}">以 ${provider.subject} 登录</a></p>
      <p><a href="${back({ error: "access_denied" })}">取消</a></p></main></html>`;
  }

  function exchange(form) {
    const issued = codes.get(form.get("code"));
    codes.delete(form.get("code"));
    const proof = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (!issued || issued.challenge !== proof || form.get("client_id") !== client_id) return null;
    return { id_token: token(issued.nonce), access_token: "none", token_type: "Bearer" };
  }

  async function answer(request, response) {
    const url = new URL(request.url, provider.issuer);
    const json = (value, status = 200) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (url.pathname === "/authorize") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(authorize(url.searchParams));
    } else if (url.pathname === "/token") {
      let body = "";
      for await (const chunk of request) body += chunk;
      const tokens = exchange(new URLSearchParams(body));
      if (tokens) json(tokens);
      else json({ error: "invalid_grant" }, 400);
    } else if (url.pathname === "/keys") {
      json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: KID, alg: "ES256", use: "sig" }] });
    } else {
      const at = (path) => `${provider.issuer}${path}`;
      const endpoints = { authorization_endpoint: at("/authorize"), token_endpoint: at("/token"), jwks_uri: at("/keys") };
      json({ issuer: provider.issuer, ...endpoints });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  provider.issuer = `http://127.0.0.1:${server.address().port}`;
  provider.end = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return provider;
}
