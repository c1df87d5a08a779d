package org.wardkey.app.keys

import android.app.Activity
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.wardkey.app.boundary.BoundaryWorld
import org.wardkey.app.boundary.failureOf
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import org.wardkey.app.screens.screenWorld
import org.wardkey.app.words.failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import java.io.File
import java.security.KeyStoreException

/** When the keys that no passkey names are swept, and what a key store that cannot list them holds up. */
@RunWith(RobolectricTestRunner::class)
internal class UnlistedKeysTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val person = FakePerson(hardware)
    private val keys = AndroidKeys(person)
    private val world = BoundaryWorld()

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    private fun leaveAKeyBehind() = runBlocking {
        world.register(keys)
        keys.generate(keySpec("left-behind"))
    }

    @Test
    fun `a sign-in sweeps at its start, before its person is asked for a finger`() = runBlocking {
        leaveAKeyBehind()
        var atThePrompt = emptySet<String>()
        person.before = { atThePrompt = hardware.keys.keys.toSet() }
        world.signIn(keys)
        assertEquals(1, atThePrompt.size)
        assertFalse("left-behind" in atThePrompt)
    }

    @Test
    fun `a sign-in and a registration do without the list, and sweep the next time`() = runBlocking {
        leaveAKeyBehind()
        hardware.failNext(Step.LIST, KeyStoreException("busy"))
        world.signIn(keys)
        assertTrue("left-behind" in hardware.keys)
        hardware.failNext(Step.LIST, KeyStoreException("busy"))
        world.register(keys)
        assertTrue("left-behind" in hardware.keys)
        assertEquals("and the new one in the place of the old", 2, hardware.keys.size)
        world.signIn(keys)
        assertEquals(1, hardware.keys.size)
    }

    @Test
    fun `the start of the app sweeps, the next one if the keys cannot be listed`() {
        leaveAKeyBehind()
        val application = RuntimeEnvironment.getApplication()
        File(application.noBackupFilesDir, "passkeys").writeBytes(checkNotNull(world.storage.snapshot))
        val home = Robolectric.buildActivity(Activity::class.java).setup().get()
        hardware.failNext(Step.LIST, KeyStoreException("busy"))
        val unknown = failureOf<PasskeyException> { runBlocking { application.screenWorld.sweep(home) } }
        assertEquals(Reason.KEY_STORE_FAILED, unknown.failure.reason)
        assertTrue("left-behind" in hardware.keys)
        runBlocking { application.screenWorld.sweep(home) }
        assertFalse("left-behind" in hardware.keys)
        assertEquals("the passkey's", 1, hardware.keys.size)
    }

    @Test
    fun `where no list of passkeys is saved, nothing is made or deleted before the keys are known`() {
        leaveAKeyBehind()
        world.storage.snapshot = null
        val before = hardware.keys.keys.toSet()
        hardware.failNext(Step.LIST, KeyStoreException("busy"))
        val unknown = failureOf<PasskeyException> { runBlocking { world.register(keys) } }
        assertEquals(Reason.KEY_STORE_FAILED, unknown.failure.reason)
        val lost = failureOf<PasskeyException> { runBlocking { world.register(keys) } }
        assertEquals(Reason.STORAGE_DAMAGED, lost.failure.reason)
        assertEquals(before, hardware.keys.keys)
    }
}
