package org.wardkey.app

import android.content.pm.ApplicationInfo
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.shadows.ShadowLog
import org.wardkey.app.boundary.Links
import org.wardkey.app.boundary.PRIVILEGED_APPS
import org.wardkey.app.boundary.Person
import org.wardkey.app.boundary.browser
import org.wardkey.app.boundary.creationOptions
import org.wardkey.app.boundary.wanted
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.KeyStatement
import org.wardkey.app.fakes.Level
import org.wardkey.app.fakes.ecKeyPair
import org.wardkey.app.words.failure
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeySpec
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason

/**
 * The core as the app opens it: an emulator's keys count only in a debug app, and there only around a core that
 * was built for it, which `mvn -P debug` does.
 */
@RunWith(RobolectricTestRunner::class)
internal class DebugCoreTest {
    private val application = RuntimeEnvironment.getApplication()
    private val isDebugBuild = System.getProperty("wardkey.debug").toBoolean()
    private val installed = application.applicationInfo.flags

    @After
    fun restore() {
        application.applicationInfo.flags = installed
    }

    @Test
    fun `an emulator's keys count in a debug app alone, and only around its own core`() {
        for (variant in BuildVariant.entries) {
            val wardkey = open(variant)
            val isForEmulators = variant == BuildVariant.DEBUG && isDebugBuild
            if (isForEmulators) {
                register(wardkey)
                val passkey = runBlocking { wardkey.provider.passkeys() }.single()
                assertEquals(false, passkey.strongBox)
            } else {
                val refused = assertThrows("$variant", PasskeyException::class.java) { register(wardkey) }
                assertEquals(Reason.WEAK_HARDWARE, refused.failure.reason)
                assertTrue(runBlocking { wardkey.provider.passkeys() }.isEmpty())
            }
            wardkey.provider.close()
        }
    }

    @Test
    fun `a debug app around the core of a release says so, and opens`() {
        open(BuildVariant.DEBUG).provider.close()
        val said = ShadowLog.getLogs().filter { it.tag == "Wardkey" && "no emulator policy" in it.msg }
        assertEquals(if (isDebugBuild) 0 else 1, said.size)
    }

    private fun open(variant: BuildVariant): Wardkey {
        val others = installed and ApplicationInfo.FLAG_DEBUGGABLE.inv()
        val own = if (variant == BuildVariant.DEBUG) ApplicationInfo.FLAG_DEBUGGABLE else 0
        application.applicationInfo.flags = others or own
        return Wardkey.open(application, PRIVILEGED_APPS, Links())
    }

    private fun register(wardkey: Wardkey) = runBlocking {
        wardkey.provider.create(wanted(creationOptions()), browser(), EmulatorKeys(), Person())
    }

    /** Of which nothing but software says anything. */
    private class EmulatorKeys(private val keys: JvmKeys = JvmKeys(strongBox = false)) : HardwareKeys by keys {
        override suspend fun generate(spec: KeySpec): List<ByteArray> {
            val pair = ecKeyPair()
            keys.keys[spec.alias] = pair
            return keys.attestation.chain(pair.public, KeyStatement(spec.attestationChallenge, Level.SOFTWARE))
        }
    }
}
