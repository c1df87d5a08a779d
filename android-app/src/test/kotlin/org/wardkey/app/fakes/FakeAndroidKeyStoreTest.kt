package org.wardkey.app.fakes

import android.security.KeyStoreException
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import java.security.InvalidKeyException
import java.security.KeyFactory
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.SignatureException
import java.security.spec.ECGenParameterSpec

/** The stand-in must refuse what the hardware refuses, or the tests that use it prove nothing. */
@RunWith(RobolectricTestRunner::class)
internal class FakeAndroidKeyStoreTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val keyStore = KeyStore.getInstance("AndroidKeyStore").apply { load(null) }

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    @Test
    fun `keeps the request and gives a key without material`() {
        val pair = make("a") { setIsStrongBoxBacked(true).setAttestationChallenge(byteArrayOf(7)) }
        val kept = hardware.keys.getValue("a")
        assertArrayEquals(byteArrayOf(7), kept.spec.attestationChallenge)
        assertNull(pair.private.encoded)
        assertEquals(pair.public, keyStore.getCertificate("a").publicKey)
        val (leaf, issuer) = keyStore.getCertificateChain("a").toList()
        leaf.verify(issuer.publicKey)
        assertEquals(KeyProperties.SECURITY_LEVEL_STRONGBOX, infoOf(pair.private).securityLevel)
    }

    @Test
    fun `signs once for each authentication and no more`() {
        val pair = make("a") { setUserAuthenticationRequired(true) }
        val signature = signing(key("a"))
        val refused = assertThrows(SignatureException::class.java) { signature.sign() }
        assertTrue((refused.cause as KeyStoreException).requiresUserAuthentication())
        val opened = signing(key("a"))
        hardware.authenticateUser(opened)
        assertThrows("another", SignatureException::class.java) { signing(key("a")).sign() }
        val bytes = opened.run {
            update(byteArrayOf(1))
            sign()
        }
        assertTrue(verifies(pair, byteArrayOf(1), bytes))
        assertThrows("once more", SignatureException::class.java) { opened.sign() }
    }

    @Test
    fun `refuses a purpose or digest that the key was not made for`() {
        val digestless = KeyGenParameterSpec.Builder("b", KeyProperties.PURPOSE_SIGN)
        generate(digestless.setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1")).build())
        assertThrows(InvalidKeyException::class.java) { signing(key("b")) }
    }

    @Test
    fun `throws at the step it was told, once, and leaves no key behind`() {
        val failure = StrongBoxUnavailableException()
        hardware.failNext(Step.GENERATE, failure)
        assertSame(failure, assertThrows(ProviderException::class.java) { make("a") })
        assertFalse(keyStore.containsAlias("a"))
        assertEquals("it was asked for all the same", 1, hardware.asked.size)
        make("a")
        assertTrue(keyStore.containsAlias("a"))
    }

    @Test
    fun `lets the Keystore's own exceptions through provider selection`() {
        make("a")
        hardware.failNext(Step.INIT_SIGN, UserNotAuthenticatedException())
        assertThrows(UserNotAuthenticatedException::class.java) { signing(key("a")) }
        hardware.invalidate("a")
        assertThrows(KeyPermanentlyInvalidatedException::class.java) { signing(key("a")) }
    }

    @Test
    fun `takes note of every step, wherever it fails`() {
        make("a")
        hardware.failNext(Step.LIST, IllegalStateException())
        assertThrows(IllegalStateException::class.java) { keyStore.aliases() }
        assertEquals(listOf(Step.INITIALIZE, Step.GENERATE, Step.LIST), hardware.reached)
    }

    @Test
    fun `forgets a deleted key`() {
        make("a")
        val held = key("a")
        keyStore.deleteEntry("a")
        assertNull(keyStore.getKey("a", null))
        assertThrows(InvalidKeyException::class.java) { signing(held) }
    }

    private fun make(alias: String, more: KeyGenParameterSpec.Builder.() -> Unit = {}): KeyPair = generate(
        KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setDigests(KeyProperties.DIGEST_SHA256)
            .apply(more)
            .build(),
    )

    private fun generate(spec: KeyGenParameterSpec): KeyPair =
        KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, "AndroidKeyStore").run {
            initialize(spec)
            generateKeyPair()
        }

    private fun key(alias: String) = keyStore.getKey(alias, null) as PrivateKey

    private fun signing(key: PrivateKey) = Signature.getInstance("SHA256withECDSA").apply { initSign(key) }

    private fun infoOf(key: PrivateKey): KeyInfo =
        KeyFactory.getInstance(key.algorithm, "AndroidKeyStore").getKeySpec(key, KeyInfo::class.java)

    private fun verifies(pair: KeyPair, message: ByteArray, signature: ByteArray): Boolean =
        Signature.getInstance("SHA256withECDSA").run {
            initVerify(pair.public)
            update(message)
            verify(signature)
        }
}
