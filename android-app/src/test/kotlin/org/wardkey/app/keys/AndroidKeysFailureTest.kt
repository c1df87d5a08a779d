package org.wardkey.app.keys

import android.security.KeyStoreException
import android.security.keystore.BackendBusyException
import android.security.keystore.KeyExpiredException
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import org.wardkey.core.KeyFailure
import java.io.IOException
import java.security.InvalidAlgorithmParameterException
import java.security.InvalidKeyException
import java.security.NoSuchAlgorithmException
import java.security.ProviderException
import java.security.SignatureException
import java.security.UnrecoverableKeyException
import kotlin.reflect.KClass

/** Each thing that the Keystore throws, as the real classes of Android 14 say it. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidKeysFailureTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val keys = AndroidKeys(FakePerson(hardware))

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    @Test
    fun `making a key`() {
        val locks = IllegalStateException("Secure lock screen must be enabled to create keys")
        making(Step.INITIALIZE, InvalidAlgorithmParameterException(locks), KeyFailure.NoScreenLock::class)
        making(Step.INITIALIZE, InvalidAlgorithmParameterException("curve"), KeyFailure.Platform::class)
        making(Step.GENERATE, StrongBoxUnavailableException(), KeyFailure.StrongBoxUnavailable::class)
        making(Step.GENERATE, failed(-68), KeyFailure.StrongBoxUnavailable::class)
        making(Step.GENERATE, failed(-74), KeyFailure.AttestationKeysNotProvisioned::class)
        making(Step.GENERATE, failed(-72), KeyFailure.DeviceLocked::class)
        making(Step.GENERATE, failed(-41), KeyFailure.Full::class)
        making(Step.GENERATE, failed(-66), KeyFailure.AttestationUnavailable::class)
        making(Step.GENERATE, failed(-49), KeyFailure.AttestationUnavailable::class)
        making(Step.GENERATE, ProviderException("no keys"), KeyFailure.AttestationUnavailable::class)
        making(Step.GENERATE, BackendBusyException(1), KeyFailure.Platform::class)
        making(Step.GENERATE, failed(-1000), KeyFailure.Platform::class)
        making(Step.CERTIFICATES, ProviderException("no chain"), KeyFailure.AttestationUnavailable::class)
    }

    /** Keystore's codes for attestation keys that the phone fetches from Google's service. */
    @Test
    fun `attestation keys that have run out`() {
        val rebootFirst = 23
        val needsNetwork = 24
        val transient = 25
        val never = 26
        for (code in listOf(rebootFirst, needsNetwork, transient)) {
            making(Step.GENERATE, failed(code), KeyFailure.AttestationUnavailable::class)
        }
        making(Step.GENERATE, failed(never), KeyFailure.AttestationKeysNotProvisioned::class)
    }

    @Test
    fun `a key without a chain does not stay`() {
        hardware.attest = { _, _ -> emptyList() }
        val failure = failureOf { runBlocking { keys.generate(keySpec()) } }
        assertTrue("$failure", failure is KeyFailure.AttestationUnavailable)
        assertTrue(hardware.keys.isEmpty())
    }

    @Test
    fun `a key that cannot be deleted again does not hide why`() {
        hardware.failNext(Step.DELETE, java.security.KeyStoreException("gone"))
        making(Step.CERTIFICATES, ProviderException("no chain"), KeyFailure.AttestationUnavailable::class, 1)
    }

    @Test
    fun `loading a key`() {
        signing(Step.LOAD, UnrecoverableKeyException("dead"), KeyFailure.Invalidated::class)
        val invalidated = UnrecoverableKeyException().initCause(coded(17))
        signing(Step.LOAD, invalidated, KeyFailure.Invalidated::class)
        signing(Step.LOAD, UnrecoverableKeyException().initCause(coded(4)), KeyFailure.Platform::class)
        signing(Step.LOAD, NoSuchAlgorithmException(), KeyFailure.Platform::class)
        signing(Step.KEY_INFO, ProviderException("no info"), KeyFailure.Platform::class)
        hardware.keys.clear()
        val failure = failureOf { runBlocking { keys.sign(ALIAS, byteArrayOf(1), signingPrompt()) } }
        assertTrue("$failure", failure is KeyFailure.NotFound)
    }

    @Test
    fun `beginning to sign`() {
        val step = Step.INIT_SIGN
        signing(step, KeyPermanentlyInvalidatedException(), KeyFailure.Invalidated::class)
        signing(step, UserNotAuthenticatedException(), KeyFailure.DeviceLocked::class)
        // Also what some phones say of a key for unlocked devices although they are unlocked.
        signing(step, InvalidKeyException("refused", coded(-72)), KeyFailure.DeviceLocked::class)
        signing(step, InvalidKeyException("refused", coded(2)), KeyFailure.DeviceLocked::class)
        signing(step, InvalidKeyException("refused", coded(-26)), KeyFailure.NotAuthenticated::class)
        signing(step, InvalidKeyException("refused", coded(7)), KeyFailure.NotFound::class)
        signing(step, InvalidKeyException("refused", coded(17)), KeyFailure.Invalidated::class)
        signing(step, InvalidKeyException("refused"), KeyFailure.Platform::class)
        signing(step, KeyExpiredException(), KeyFailure.Platform::class)
        signing(step, BackendBusyException(1), KeyFailure.Platform::class)
    }

    @Test
    fun `signing`() {
        signing(Step.SIGN, SignatureException(coded(-26)), KeyFailure.NotAuthenticated::class)
        signing(Step.SIGN, SignatureException(coded(-72)), KeyFailure.DeviceLocked::class)
        signing(Step.SIGN, SignatureException(coded(17)), KeyFailure.Invalidated::class)
        signing(Step.SIGN, SignatureException(coded(-28)), KeyFailure.Platform::class)
        signing(Step.SIGN, SignatureException("?"), KeyFailure.Platform::class)
    }

    @Test
    fun `listing and deleting`() {
        hardware.failNext(Step.LIST, java.security.KeyStoreException(IOException()))
        assertTrue(failureOf { keys.aliases() } is KeyFailure.Platform)
        hardware.failNext(Step.DELETE, java.security.KeyStoreException("Failed to delete entry: $ALIAS"))
        assertNoAlias(failureOf { keys.delete(ALIAS) })
    }

    /** An Error that got out would leave the core waiting for ever. */
    @Test
    fun `Errors are failures like others`() {
        val errors = listOf(NotImplementedError(), OutOfMemoryError(), NoClassDefFoundError())
        for (error in errors) {
            making(Step.GENERATE, error, KeyFailure.Platform::class)
            signing(Step.SIGN, error, KeyFailure.Platform::class)
            hardware.failNext(Step.LIST, error)
            assertTrue(failureOf { keys.aliases() } is KeyFailure.Platform)
            hardware.failNext(Step.DELETE, error)
            assertTrue(failureOf { keys.delete(ALIAS) } is KeyFailure.Platform)
        }
    }

    @Test
    fun `what is unknown is told by class and code`() {
        val thrown = SignatureException("of $ALIAS", coded(-28))
        val failure = keyFailure(KeyTask.USE, thrown) as KeyFailure.Platform
        assertEquals(
            "java.security.SignatureException < android.security.KeyStoreException 15/-28",
            failure.detail,
        )
    }

    @Test
    fun `causes that run in circles end`() {
        val (first, second) = listOf(ProviderException("a"), IllegalArgumentException("b"))
        first.initCause(second)
        second.initCause(first)
        assertTrue(keyFailure(KeyTask.USE, first) is KeyFailure.Platform)
    }

    private fun making(step: Step, thrown: Throwable, expected: KClass<out KeyFailure>, left: Int = 0) {
        hardware.failNext(step, thrown)
        val failure = failureOf { runBlocking { keys.generate(keySpec()) } }
        assertEquals("$thrown", expected, failure::class)
        assertEquals("keys left by $thrown", left, hardware.keys.size)
        assertNoAlias(failure)
        hardware.keys.clear()
    }

    private fun signing(step: Step, thrown: Throwable, expected: KClass<out KeyFailure>) {
        runBlocking { keys.generate(keySpec()) }
        hardware.failNext(step, thrown)
        val failure = failureOf { runBlocking { keys.sign(ALIAS, byteArrayOf(1), signingPrompt()) } }
        assertEquals("$thrown", expected, failure::class)
        assertTrue("a failure takes no key away", ALIAS in hardware.keys)
        assertNoAlias(failure)
    }

    private fun assertNoAlias(failure: KeyFailure) = assertFalse(ALIAS in "$failure")

    /** What the Keystore wraps a code in while it makes a key. */
    private fun failed(code: Int) = ProviderException("Failed to generate key pair $ALIAS", coded(code))

    /** A code of KeyMint (negative) or of Keystore (positive). */
    private fun coded(code: Int) = KeyStoreException(code, "of $ALIAS")
}
