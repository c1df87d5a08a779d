package org.wardkey.app.boundary

import org.wardkey.app.fakes.JvmKeys
import org.wardkey.core.AndroidCaller
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.Biometrics
import org.wardkey.core.Choice
import org.wardkey.core.CreateRequest
import org.wardkey.core.CredentialStorage
import org.wardkey.core.FetchException
import org.wardkey.core.GetRequest
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeyHardware
import org.wardkey.core.KeyProtection
import org.wardkey.core.Message
import org.wardkey.core.PasskeyProvider
import org.wardkey.core.Use
import org.wardkey.core.UserInterface
import java.util.Base64
import java.util.concurrent.atomic.AtomicInteger

/** The real core with what surrounds it in memory, and a browser that asks it for things. */
internal class BoundaryWorld(
    val storage: MemoryStorage = MemoryStorage(),
    links: AssetLinkFetcher = Links(),
) : AutoCloseable {
    val provider = PasskeyProvider(storage, links, PRIVILEGED_APPS, false)

    /** Registers [user] and returns the response, WebAuthn JSON. */
    suspend fun register(
        keys: HardwareKeys = JvmKeys(),
        person: UserInterface = Person(),
        user: String = USER,
        caller: AndroidCaller = browser(),
    ): String = provider.create(wanted(creationOptions(user)), caller, keys, person).response

    /** Signs in and returns the response, WebAuthn JSON. */
    suspend fun signIn(
        keys: HardwareKeys,
        person: UserInterface = Person(),
        caller: AndroidCaller = browser(),
        credentialId: ByteArray? = null,
    ): String = provider.get(GetRequest(requestOptions(), credentialId), caller, keys, person)

    override fun close() = provider.close()
}

/** A registration with these options that a person asks for. */
internal fun wanted(options: String) = CreateRequest(options, conditional = false)

/** What a phone in order says of its keys. */
internal val PROTECTED = KeyProtection(screenLock = true, Biometrics.READY, KeyHardware.STRONG_BOX)

/** A file that can be told to fail. */
internal class MemoryStorage : CredentialStorage {
    @Volatile
    var snapshot: ByteArray? = null
    val writes = AtomicInteger()

    @Volatile
    var beforeLoad: suspend () -> Unit = {}

    @Volatile
    var beforeReplace: suspend () -> Unit = {}

    override suspend fun load(): ByteArray? {
        beforeLoad()
        return snapshot
    }

    override suspend fun replace(snapshot: ByteArray) {
        beforeReplace()
        writes.incrementAndGet()
        this.snapshot = snapshot
    }
}

/** Agrees to everything, after [before] each answer. */
internal class Person(private val before: suspend (asked: String) -> Unit = {}) : UserInterface {
    override suspend fun consent(purpose: Use, rpId: String, account: String) = before("consent")

    override suspend fun choose(rpId: String, accounts: List<Choice>): UInt {
        before("choose")
        return 0u
    }

    override suspend fun inform(rpId: String, message: Message) = before("inform")
}

/** A website that vouches for [app], after [before]. */
internal class Links(private val before: suspend () -> Unit = {}) : AssetLinkFetcher {
    override suspend fun fetch(url: String): String {
        before()
        if (url == "https://$RP_ID/.well-known/assetlinks.json") return ASSET_LINKS
        throw FetchException.Failed("nothing at $url")
    }
}

internal const val RP_ID = "example.org"
internal const val USER = "clinician@example.org"
internal val CLIENT_DATA_HASH = ByteArray(32) { (0xa0 + it).toByte() }
private val SIGNER = ByteArray(32) { 0x5a }
private val FINGERPRINT = SIGNER.joinToString(":") { "%02X".format(it) }

internal fun base64url(bytes: ByteArray): String =
    Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)

internal fun fromBase64url(text: String): ByteArray = Base64.getUrlDecoder().decode(text)

internal fun hex(digits: String): ByteArray = digits.chunked(2).map { it.toInt(16).toByte() }.toByteArray()

/** A browser on the list, speaking for a page. */
internal fun browser(hash: ByteArray = CLIENT_DATA_HASH) =
    AndroidCaller("org.example.browser", listOf(SIGNER), null, "https://$RP_ID", hash)

/** An app that is on no list. */
internal fun app() = AndroidCaller("org.example.app", listOf(SIGNER), null, null, null)

internal val USER_HANDLE = ByteArray(16) { (0x60 + it).toByte() }
internal val WEB_CHALLENGE = ByteArray(32) { (0x11 * (it % 13) + it).toByte() }

internal fun creationOptions(user: String = USER, handle: ByteArray = USER_HANDLE) = """
    {"rp": {"id": "$RP_ID", "name": "Example"},
     "user": {"id": "${base64url(handle)}", "name": "$user", "displayName": "Test clinician"},
     "challenge": "${base64url(WEB_CHALLENGE)}",
     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
     "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
     "attestation": "direct"}
"""

internal fun requestOptions() =
    """{"challenge": "${base64url(WEB_CHALLENGE)}", "rpId": "$RP_ID", "userVerification": "required"}"""

internal val PRIVILEGED_APPS = """
    {"apps": [{"type": "android", "info": {"package_name": "org.example.browser", "signatures": [
        {"build": "release", "cert_fingerprint_sha256": "$FINGERPRINT"}]}}]}
"""

private val ASSET_LINKS = """
    [{"relation": ["delegate_permission/common.get_login_creds"],
      "target": {"namespace": "android_app", "package_name": "org.example.app",
                 "sha256_cert_fingerprints": ["$FINGERPRINT"]}}]
"""
