package org.wardkey.app.keys

import android.security.keystore.KeyProperties
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.x509
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import java.security.PublicKey
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec

/** What is asked of the hardware, and what comes of it when all goes well. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidKeysTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val person = FakePerson(hardware)
    private val keys = AndroidKeys(person)

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    @Test
    fun `asks the hardware for exactly this`() = runBlocking {
        for (strongBox in listOf(true, false)) for (pinAllowed in listOf(true, false)) {
            keys.generate(keySpec(strongBox = strongBox, pinAllowed = pinAllowed))
            val asked = hardware.asked.last()
            assertEquals(ALIAS, asked.keystoreAlias)
            assertEquals("secp256r1", (asked.algorithmParameterSpec as ECGenParameterSpec).name)
            assertEquals(KeyProperties.PURPOSE_SIGN, asked.purposes)
            assertEquals(listOf(KeyProperties.DIGEST_SHA256), asked.digests.toList())
            assertEquals(strongBox, asked.isStrongBoxBacked)
            assertTrue(asked.isUserAuthenticationRequired)
            assertEquals("verified for each use", 0, asked.userAuthenticationValidityDurationSeconds)
            val pin = if (pinAllowed) KeyProperties.AUTH_DEVICE_CREDENTIAL else 0
            assertEquals(KeyProperties.AUTH_BIOMETRIC_STRONG or pin, asked.userAuthenticationType)
            assertTrue(asked.isInvalidatedByBiometricEnrollment)
            assertTrue(asked.isUnlockedDeviceRequired)
            assertFalse(asked.isUserAuthenticationValidWhileOnBody)
            assertArrayEquals(CHALLENGE, asked.attestationChallenge)
        }
    }

    @Test
    fun `gives the attestation chain, the key's own certificate first`() = runBlocking {
        val chain = keys.generate(keySpec()).map(::x509)
        val key = chain.first().publicKey as ECPublicKey
        assertEquals(256, key.params.order.bitLength())
        assertEquals(hardware.keys.getValue(ALIAS).pair.public, key)
        assertEquals(hardware.attestation.root, chain.last())
    }

    @Test
    fun `signs once the person is verified`() = runBlocking {
        val key = x509(keys.generate(keySpec()).first()).publicKey
        val message = byteArrayOf(1, 2, 3)
        val signature = keys.sign(ALIAS, message, signingPrompt())
        assertTrue(verifies(key, message, signature))
        assertEquals(signingPrompt(), person.asked.single().prompt)
    }

    @Test
    fun `the PIN is offered only if both the key and the policy of the day allow it`() = runBlocking {
        for (keyAllows in listOf(true, false)) for (policyAllows in listOf(true, false)) {
            keys.generate(keySpec(pinAllowed = keyAllows))
            keys.sign(ALIAS, byteArrayOf(1), signingPrompt(pinAllowed = policyAllows))
            assertEquals(keyAllows && policyAllows, person.asked.last().pinAllowed)
        }
    }

    @Test
    fun `lists and deletes keys, also those that are gone`() = runBlocking {
        keys.generate(keySpec("a"))
        keys.generate(keySpec("b"))
        assertEquals(listOf("a", "b"), keys.aliases())
        keys.delete("a")
        keys.delete("a")
        assertEquals(listOf("b"), keys.aliases())
    }

    @Test
    fun `a signature that the prompt did not open is refused by the hardware`() = runBlocking {
        keys.generate(keySpec())
        person.verifies = false
        val failure = failureOf { keys.sign(ALIAS, byteArrayOf(1), signingPrompt()) }
        assertTrue("$failure", failure is KeyFailure.NotAuthenticated)
    }

    private fun verifies(key: PublicKey, message: ByteArray, signature: ByteArray): Boolean =
        Signature.getInstance("SHA256withECDSA").run {
            initVerify(key)
            update(message)
            verify(signature)
        }
}

internal const val ALIAS = "passkey-of-a-test"
internal val CHALLENGE = ByteArray(32) { (it + 1).toByte() }

internal fun keySpec(alias: String = ALIAS, strongBox: Boolean = true, pinAllowed: Boolean = true) =
    KeySpec(alias, CHALLENGE, strongBox, pinAllowed)
