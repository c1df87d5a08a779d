package org.wardkey.app.keys

import android.security.KeyStoreException
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.StrongBoxUnavailableException
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.boundary.BoundaryWorld
import org.wardkey.app.boundary.CLIENT_DATA_HASH
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import org.wardkey.app.fakes.selfSigned
import org.wardkey.app.fakes.x509
import org.wardkey.app.words.failure
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import java.security.ProviderException
import org.wardkey.app.boundary.failureOf as thrownBy

/** Android's keys under the real core: who decides what, and what stays behind. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidKeysCeremonyTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val person = FakePerson(hardware)
    private val keys = AndroidKeys(person)
    private val world = BoundaryWorld()

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    @Test
    fun `a passkey is made in the secure element and used`() = runBlocking {
        world.register(keys)
        world.signIn(keys)
        val asked = hardware.asked.single()
        assertTrue(asked.isStrongBoxBacked)
        assertArrayEquals(CLIENT_DATA_HASH, asked.attestationChallenge)
        assertEquals("one prompt for each signature", 2, person.asked.size)
        assertTrue(world.provider.passkeys().single().strongBox)
    }

    @Test
    fun `the trusted environment takes over from a secure element that is not there`() = runBlocking {
        configure("strongbox_required", false)
        hardware.failNext(Step.GENERATE, StrongBoxUnavailableException())
        world.register(keys)
        assertEquals(listOf(true, false), hardware.asked.map { it.isStrongBoxBacked })
        assertFalse(world.provider.passkeys().single().strongBox)
        assertEquals("nothing but the key in use", 1, hardware.keys.size)
    }

    @Test
    fun `nothing takes over where the organization requires a secure element`() {
        configure("strongbox_required", true)
        hardware.failNext(Step.GENERATE, StrongBoxUnavailableException())
        assertFails(Reason.NO_STRONG_BOX)
        assertEquals(1, hardware.asked.size)
    }

    @Test
    fun `a key that only claims to be in a secure element is not believed`() {
        configure("strongbox_required", true)
        hardware.attest = { pair, spec ->
            hardware.attestation.chain(pair.public, spec.attestationChallenge, false)
                .map(::x509)
        }
        assertFails(Reason.WEAK_HARDWARE)
        hardware.attest = { pair, _ -> listOf(selfSigned(pair)) }
        assertFails(Reason.KEY_STORE_FAILED)
    }

    @Test
    fun `the organization's word on the PIN reaches key and prompt`() = runBlocking {
        configure("pin_fallback_allowed", true)
        world.register(keys)
        assertTrue(person.asked.last().pinAllowed)
        configure("pin_fallback_allowed", false)
        world.signIn(keys)
        assertFalse("also for a key that would take it", person.asked.last().pinAllowed)
    }

    @Test
    fun `hardware that fails leaves no key`() {
        for (thrown in listOf(NotImplementedError(), ProviderException(KeyStoreException(-1000, "?")))) {
            hardware.failNext(Step.SIGN, thrown)
            assertFails(Reason.KEY_STORE_FAILED)
            hardware.failNext(Step.GENERATE, thrown)
            assertFails(Reason.KEY_STORE_FAILED)
        }
    }

    @Test
    fun `an invalidated key is told apart, and the passkey is remembered`() {
        runBlocking { world.register(keys) }
        hardware.failNext(Step.INIT_SIGN, KeyPermanentlyInvalidatedException())
        val thrown = thrownBy<PasskeyException.NoCredential> { runBlocking { world.signIn(keys) } }
        assertEquals(Reason.KEY_INVALIDATED, thrown.failure.reason)
        assertTrue(runBlocking { world.provider.passkeys() }.single().invalidated)
    }

    @Test
    fun `keys that belong to no passkey are swept`() = runBlocking {
        world.register(keys)
        keys.generate(keySpec("left-behind"))
        world.signIn(keys)
        assertFalse("left-behind" in hardware.keys)
        assertEquals(1, hardware.keys.size)
    }

    private fun configure(name: String, value: Boolean) {
        val report = world.provider.configure(listOf(ManagedEntry(name, ManagedValue.Flag(value))))
        assertEquals(emptyList<String>(), report.problems)
    }

    private fun assertFails(reason: Reason) {
        val thrown = thrownBy<PasskeyException> { runBlocking { world.register(keys) } }
        assertEquals(reason, thrown.failure.reason)
        assertTrue("a key was left", hardware.keys.isEmpty())
        assertTrue(runBlocking { world.provider.passkeys() }.isEmpty())
    }
}
