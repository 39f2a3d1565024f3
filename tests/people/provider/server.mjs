// node server.mjs PORT RETURN_ADDRESS: a provider whose people are whoever they say they are, for tests alone.
// The login names the person; its part before the first dash is their only group (officer-lin is of "officer").
import { Provider } from "oidc-provider";

const [port, returnAddress] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "readyshelf", client_secret: "a secret: of/the+client", redirect_uris: [returnAddress] }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "name", "groups"], email: ["email", "email_verified"] },
  async findAccount(_context, id) {
    return {
      accountId: id,
      claims: async () => ({
        sub: `subject of ${id}`,
        preferred_username: id,
        name: `${id} (directory)`,
        email: `${id}@directory.example`,
        email_verified: true,
        groups: [id.split("-")[0]],
      }),
    };
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
