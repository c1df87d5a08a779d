package org.wardkey.app.fakes

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import java.security.KeyPair
import java.security.Provider
import java.security.Security
import java.security.Signature
import java.security.cert.X509Certificate
import java.util.TreeMap
import java.util.concurrent.CopyOnWriteArrayList

/**
 * Stands in for the phone's secure hardware, which Robolectric lacks: installed as the provider
 * "AndroidKeyStore", so that the app's own calls to java.security reach it unchanged.
 *
 * Remembers each key with the [KeyGenParameterSpec] that was asked for, gives out private keys without key
 * material, and lets a key that demands it sign once for each [authenticateUser], no more. Keys are EC; each
 * refuses a digest or purpose that it was not made for. Any step can be told to fail, see [failNext].
 *
 * A key that was asked for with a challenge comes with a chain of [attestation].
 *
 * What it does not do: enforce an unlocked device; assert [StoredKey.spec] instead.
 */
internal class FakeAndroidKeyStore private constructor() {
    /** A key pair that the app had made, with everything it asked for. */
    internal class StoredKey(
        val pair: KeyPair,
        val spec: KeyGenParameterSpec,
        var certificates: List<X509Certificate>,
    )

    /** A moment at which the real Keystore may throw. */
    internal enum class Step {
        INITIALIZE,
        GENERATE,
        LOAD,
        LIST,
        INIT_SIGN,
        SIGN,
        DELETE,
        CERTIFICATES,
        KEY_INFO,
    }

    /** Alias → key. */
    val keys: MutableMap<String, StoredKey> = TreeMap()

    /** Every request for a key, in order, also those that failed. */
    val asked: MutableList<KeyGenParameterSpec> = mutableListOf()

    /** Makes the certificate chain of a new key, leaf first; the leaf must certify the public key given. */
    var attest: (KeyPair, KeyGenParameterSpec) -> List<X509Certificate> = ::attested

    /** Whose chains they are. */
    val attestation by lazy { SyntheticAttestation() }

    /** What [KeyInfo.getSecurityLevel] reports for a key; by default what its request implied. */
    var securityLevel: (KeyGenParameterSpec) -> Int = ::impliedSecurityLevel

    /** Every step that the app came to, in order; several threads write to it. */
    val reached = CopyOnWriteArrayList<Step>()

    private val failures = mutableMapOf<Step, ArrayDeque<Throwable>>()

    /** The next time the app comes to [step], it gets [failure]; further calls queue further failures. */
    fun failNext(step: Step, failure: Throwable) {
        failures.getOrPut(step, ::ArrayDeque).addLast(failure)
    }

    /**
     * The user has just passed the prompt that was given [signature]: this one, which a key that needs it for
     * every use has begun, may be made, and no other.
     */
    fun authenticateUser(signature: Signature) = signature.setParameter(UserVerified)

    /** A fingerprint was enrolled or the screen lock removed: keys bound to them can never be used again. */
    fun invalidate(alias: String) {
        invalidated += alias
    }

    private fun attested(pair: KeyPair, spec: KeyGenParameterSpec): List<X509Certificate> {
        val challenge = spec.attestationChallenge ?: return listOf(selfSigned(pair))
        val level = if (spec.isStrongBoxBacked) Level.STRONG_BOX else Level.ENVIRONMENT
        val pinAllowed = spec.userAuthenticationType and KeyProperties.AUTH_DEVICE_CREDENTIAL != 0
        return attestation.chain(pair.public, KeyStatement(challenge, level, pinAllowed)).map(::x509)
    }

    internal val invalidated = mutableSetOf<String>()

    /** Takes note of [step], and throws what [failNext] queued for it, if anything. */
    internal fun reach(step: Step) {
        reached += step
        failures[step]?.removeFirstOrNull()?.let { throw it }
    }

    companion object {
        /** The name under which the framework registers the real one. */
        const val NAME = "AndroidKeyStore"

        /**
         * Puts an empty one in place of whatever is there. First in order, because the app asks for a
         * Signature without naming a provider, as Android's documentation has it.
         */
        fun install(): FakeAndroidKeyStore {
            uninstall()
            return FakeAndroidKeyStore().also { Security.insertProviderAt(FakeKeyStoreProvider(it), 1) }
        }

        /** To be called after each test that installed one: providers are the whole JVM's. */
        fun uninstall() = Security.removeProvider(NAME)
    }
}

/** Registers the parts of [store] under the names that the framework's provider uses. */
private class FakeKeyStoreProvider(store: FakeAndroidKeyStore) :
    Provider(FakeAndroidKeyStore.NAME, "1.0", "in-memory stand-in") {
    init {
        add("KeyStore", FakeAndroidKeyStore.NAME) { FakeKeyStoreSpi(store) }
        add("KeyPairGenerator", "EC") { FakeKeyPairGenerator(store) }
        add("KeyFactory", "EC") { FakeKeyFactory(store) }
        add("Signature", "SHA256withECDSA") { FakeSignature(store) }
    }

    private fun add(type: String, algorithm: String, make: () -> Any) = putService(
        object : Service(this, type, algorithm, "made without reflection", null, null) {
            override fun newInstance(parameter: Any?): Any = make()

            /** Leaves every key but its own, such as a relying party's public key, to the other providers. */
            override fun supportsParameter(parameter: Any?) =
                type != "Signature" || parameter is FakePrivateKey
        },
    )
}
