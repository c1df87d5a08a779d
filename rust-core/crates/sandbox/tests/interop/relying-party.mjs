// A relying party on @simplewebauthn/server: reads one registration and one sign-in (JSON, with what each
// was asked for, and the one root that is trusted) and prints what it finds of them.
import { text } from "node:stream/consumers";
import {
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";

const { root, expected, registration, signIn } = JSON.parse(await text(process.stdin));
SettingsService.setRootCertificates({ identifier: "android-key", certificates: [root] });

const common = {
  expectedOrigin: expected.origin,
  expectedRPID: expected.rpId,
  requireUserVerification: true,
};

async function verdict() {
  const made = await verifyRegistrationResponse({
    ...common,
    response: registration,
    expectedChallenge: expected.registrationChallenge,
  });
  const used = await verifyAuthenticationResponse({
    ...common,
    response: signIn,
    expectedChallenge: expected.signInChallenge,
    credential: made.registrationInfo.credential,
  });
  return {
    registered: made.verified,
    format: made.registrationInfo.fmt,
    device: made.registrationInfo.credentialDeviceType,
    aaguid: made.registrationInfo.aaguid,
    signedIn: used.verified,
    counter: used.authenticationInfo.newCounter,
  };
}

console.log(JSON.stringify(await verdict().catch((error) => ({ refused: error.message }))));
