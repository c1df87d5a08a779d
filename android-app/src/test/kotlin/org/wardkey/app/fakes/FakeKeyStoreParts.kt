package org.wardkey.app.fakes

import android.security.KeyStoreException
import android.security.keymaster.KeymasterDefs.KM_ERROR_KEY_USER_NOT_AUTHENTICATED
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.system.keystore2.ResponseCode
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import org.wardkey.app.fakes.FakeAndroidKeyStore.StoredKey
import java.io.InputStream
import java.io.OutputStream
import java.security.InvalidAlgorithmParameterException
import java.security.InvalidKeyException
import java.security.Key
import java.security.KeyFactorySpi
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStoreSpi
import java.security.PrivateKey
import java.security.PublicKey
import java.security.SecureRandom
import java.security.Signature
import java.security.SignatureException
import java.security.SignatureSpi
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.InvalidKeySpecException
import java.security.spec.KeySpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration

/** A reference to a key in the "hardware": like the real one, it has no bytes to give. */
internal class FakePrivateKey(val alias: String) : PrivateKey {
    override fun getAlgorithm(): String = KeyProperties.KEY_ALGORITHM_EC

    override fun getFormat(): String? = null

    override fun getEncoded(): ByteArray? = null
}

internal class FakeKeyPairGenerator(private val store: FakeAndroidKeyStore) : KeyPairGeneratorSpi() {
    private lateinit var spec: KeyGenParameterSpec

    override fun initialize(size: Int, random: SecureRandom?): Unit =
        throw IllegalArgumentException("KeyGenParameterSpec required to initialize this KeyPairGenerator")

    override fun initialize(parameters: AlgorithmParameterSpec?, random: SecureRandom?) {
        store.reach(Step.INITIALIZE)
        spec = parameters as? KeyGenParameterSpec
            ?: throw InvalidAlgorithmParameterException("a KeyGenParameterSpec is needed, not $parameters")
    }

    override fun generateKeyPair(): KeyPair {
        store.asked += spec
        store.reach(Step.GENERATE)
        val pair = KeyPairGenerator.getInstance("EC", SOFTWARE).run {
            initialize(spec.algorithmParameterSpec)
            generateKeyPair()
        }
        store.keys[spec.keystoreAlias] = StoredKey(pair, spec, store.attest(pair, spec))
        return KeyPair(pair.public, FakePrivateKey(spec.keystoreAlias))
    }
}

internal class FakeKeyFactory(private val store: FakeAndroidKeyStore) : KeyFactorySpi() {
    override fun <T : KeySpec> engineGetKeySpec(key: Key?, wanted: Class<T>?): T {
        store.reach(Step.KEY_INFO)
        val stored = (key as? FakePrivateKey)?.let { store.keys[it.alias] }
            ?: throw InvalidKeySpecException("not a key of this store: $key")
        if (wanted != KeyInfo::class.java) throw InvalidKeySpecException("only KeyInfo, not $wanted")
        return wanted.cast(keyInfo(stored.spec, store.securityLevel(stored.spec)))
    }

    override fun engineGeneratePublic(spec: KeySpec?): PublicKey =
        throw InvalidKeySpecException("no keys from outside")

    override fun engineGeneratePrivate(spec: KeySpec?): PrivateKey =
        throw InvalidKeySpecException("no keys from outside")

    override fun engineTranslateKey(key: Key?): Key = throw InvalidKeyException("no keys from outside")
}

/** What the prompt's hardware tells the keys' hardware, about one operation. */
internal object UserVerified : AlgorithmParameterSpec

internal class FakeSignature(private val store: FakeAndroidKeyStore) : SignatureSpi() {
    private val signature = Signature.getInstance("SHA256withECDSA", SOFTWARE)
    private lateinit var stored: StoredKey

    /** Whether somebody was verified for this operation. */
    private var isOpen = false

    override fun engineInitSign(key: PrivateKey?) {
        store.reach(Step.INIT_SIGN)
        val alias = (key as? FakePrivateKey)?.alias ?: throw InvalidKeyException("not a key of this store")
        stored = store.keys[alias] ?: throw InvalidKeyException("the key is gone", KEY_NOT_FOUND)
        if (alias in store.invalidated) throw KeyPermanentlyInvalidatedException("enrolment changed")
        val spec = stored.spec
        val signs = spec.purposes and KeyProperties.PURPOSE_SIGN != 0
        if (!signs) throw InvalidKeyException("not a key for signing")
        val hashes = KeyProperties.DIGEST_SHA256 in digestsOf(spec)
        if (!hashes) throw InvalidKeyException("not a key for SHA-256")
        signature.initSign(stored.pair.private)
        isOpen = false
    }

    override fun engineSetParameter(parameters: AlgorithmParameterSpec?) {
        if (parameters !== UserVerified) throw InvalidAlgorithmParameterException("takes none: $parameters")
        isOpen = true
    }

    override fun engineUpdate(byte: Byte) = signature.update(byte)

    override fun engineUpdate(bytes: ByteArray?, offset: Int, length: Int) =
        signature.update(bytes, offset, length)

    override fun engineSign(): ByteArray {
        store.reach(Step.SIGN)
        if (needsAuthenticationPerUse(stored.spec) && !isOpen) throw SignatureException(NOT_AUTHENTICATED)
        isOpen = false
        return signature.sign()
    }

    override fun engineInitVerify(key: PublicKey?): Unit = throw InvalidKeyException("only signs")

    override fun engineVerify(bytes: ByteArray?): Boolean = throw SignatureException("only signs")

    @Deprecated("as in SignatureSpi")
    override fun engineSetParameter(name: String?, value: Any?) = throw UnsupportedOperationException(name)

    @Deprecated("as in SignatureSpi")
    override fun engineGetParameter(name: String?): Any = throw UnsupportedOperationException(name)
}

internal class FakeKeyStoreSpi(private val store: FakeAndroidKeyStore) : KeyStoreSpi() {
    override fun engineGetKey(alias: String, password: CharArray?): Key? {
        store.reach(Step.LOAD)
        return store.keys[alias]?.let { FakePrivateKey(alias) }
    }

    override fun engineAliases(): Enumeration<String> {
        store.reach(Step.LIST)
        return Collections.enumeration(store.keys.keys.toList())
    }

    override fun engineDeleteEntry(alias: String) {
        store.reach(Step.DELETE)
        store.keys -= alias
    }

    override fun engineGetCertificateChain(alias: String): Array<Certificate>? {
        store.reach(Step.CERTIFICATES)
        return store.keys[alias]?.certificates?.toTypedArray()
    }

    override fun engineGetCertificate(alias: String): Certificate? =
        engineGetCertificateChain(alias)?.firstOrNull()

    override fun engineContainsAlias(alias: String) = alias in store.keys

    override fun engineIsKeyEntry(alias: String) = alias in store.keys

    override fun engineIsCertificateEntry(alias: String) = false

    override fun engineSize() = store.keys.size

    override fun engineGetCreationDate(alias: String): Date? = store.keys[alias]?.let { Date(0) }

    override fun engineGetCertificateAlias(certificate: Certificate?): String? =
        store.keys.entries.firstOrNull { certificate in it.value.certificates }?.key

    override fun engineSetKeyEntry(
        alias: String,
        key: Key?,
        password: CharArray?,
        chain: Array<out Certificate>?,
    ) = refuse()

    override fun engineSetKeyEntry(alias: String, key: ByteArray?, chain: Array<out Certificate>?) = refuse()

    override fun engineSetCertificateEntry(alias: String, certificate: Certificate?) = refuse()

    override fun engineStore(stream: OutputStream?, password: CharArray?): Unit =
        throw UnsupportedOperationException()

    override fun engineLoad(stream: InputStream?, password: CharArray?) {
        require(stream == null && password == null) { "the Android Keystore is loaded from nothing" }
    }

    /** The real one imports keys; this app must not. */
    private fun refuse(): Nothing = throw java.security.KeyStoreException("keys are only made inside")
}

private fun needsAuthenticationPerUse(spec: KeyGenParameterSpec) =
    spec.isUserAuthenticationRequired && spec.userAuthenticationValidityDurationSeconds <= 0

// KeyMint's and Keystore 2's codes, which the framework turns into the public error codes.
private val NOT_AUTHENTICATED
    get() = KeyStoreException(KM_ERROR_KEY_USER_NOT_AUTHENTICATED, "Key user not authenticated")
private val KEY_NOT_FOUND
    get() = KeyStoreException(ResponseCode.KEY_NOT_FOUND, "Key not found")

/** The request throws, rather than answer, when no digest was named. */
private fun digestsOf(spec: KeyGenParameterSpec): Array<String> =
    if (spec.isDigestsSpecified) spec.digests else emptyArray()

internal fun impliedSecurityLevel(spec: KeyGenParameterSpec) =
    if (spec.isStrongBoxBacked) KeyProperties.SECURITY_LEVEL_STRONGBOX
    else KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT

/** Its constructor is the framework's own; android-all lets tests reach it. */
private fun keyInfo(spec: KeyGenParameterSpec, level: Int) = KeyInfo(
    spec.keystoreAlias, true, KeyProperties.ORIGIN_GENERATED, spec.keySize, spec.keyValidityStart,
    spec.keyValidityForOriginationEnd, spec.keyValidityForConsumptionEnd, spec.purposes,
    spec.encryptionPaddings, spec.signaturePaddings, digestsOf(spec), spec.blockModes,
    spec.isUserAuthenticationRequired, spec.userAuthenticationValidityDurationSeconds,
    spec.userAuthenticationType, true, spec.isUserAuthenticationValidWhileOnBody, spec.isUserPresenceRequired,
    spec.isInvalidatedByBiometricEnrollment, spec.isUserConfirmationRequired, level, spec.maxUsageCount,
)
