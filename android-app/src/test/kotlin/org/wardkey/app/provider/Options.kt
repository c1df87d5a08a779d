package org.wardkey.app.provider

import org.json.JSONArray
import org.json.JSONObject
import java.util.Base64

internal const val RP_ID = "login.example.org"
internal const val ACCOUNT = "clinician@example.org"

/** Creation options as a site writes them. */
internal fun creationOptions(
    rpId: String? = RP_ID,
    account: String = ACCOUNT,
    displayName: String = "Test clinician",
    exclude: List<String> = emptyList(),
): String = JSONObject()
    .put("challenge", CHALLENGE)
    .put("rp", JSONObject().put("name", "Example").putOpt("id", rpId))
    .put("user", user(account, displayName))
    .put("pubKeyCredParams", JSONArray().put(JSONObject().put("type", "public-key").put("alg", -7)))
    .put("authenticatorSelection", JSONObject().put("residentKey", "required"))
    .put("attestation", "direct")
    .put("excludeCredentials", descriptors(exclude))
    .toString()

/** Request options as a site writes them. */
internal fun requestOptions(rpId: String? = RP_ID, allow: List<String> = emptyList()): String = JSONObject()
    .put("challenge", CHALLENGE)
    .putOpt("rpId", rpId)
    .put("allowCredentials", descriptors(allow))
    .put("userVerification", "required")
    .toString()

private fun user(account: String, displayName: String) = JSONObject()
    .put("id", base64(account.toByteArray()))
    .put("name", account)
    .put("displayName", displayName)

private fun descriptors(ids: List<String>) =
    JSONArray(ids.map { JSONObject().put("type", "public-key").put("id", it) })

internal fun base64(bytes: ByteArray): String = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)

internal fun bytes(base64: String): ByteArray = Base64.getUrlDecoder().decode(base64)

internal const val CHALLENGE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/** The hash of the client data that a browser keeps to itself. */
internal fun clientDataHash(): ByteArray = sha256("client data".toByteArray())
