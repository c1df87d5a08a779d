package org.wardkey.app.screens

import android.app.Activity
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.wardkey.app.restrict
import org.wardkey.app.words.failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import java.io.File

/** What the screens see of the real core. */
@RunWith(RobolectricTestRunner::class)
internal class AppWorldTest {
    private val application = RuntimeEnvironment.getApplication()
    private val world = application.screenWorld

    @Test
    fun `a new phone holds no passkeys`() = assertEquals(emptyList<Any>(), runBlocking { world.passkeys() })

    @Test
    fun `the core arrives at every known answer`() {
        val core = runBlocking { world.examineCore() }
        assertTrue("${core.answers}", core.answers.size > 5 && core.answers.all { it.passed })
        assertTrue(core.version, Regex("[0-9]+\\.[0-9]+\\.[0-9]+.*").matches(core.version))
    }

    @Test
    fun `the managed configuration is the one in force`() {
        application.restrict {
            putString("support_contact", "support@example.org")
            putString("strongbox_required", "perhaps")
        }
        val report = runBlocking { world.configuration() }
        assertEquals("support@example.org", report.supportContact)
        assertTrue(report.strongBoxRequired)
        assertEquals(1, report.problems.size)
    }

    @Test
    fun `what is not there cannot be removed`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val exception = assertThrows(PasskeyException::class.java) {
            runBlocking { world.remove(activity, byteArrayOf(1, 2, 3)) }
        }
        assertEquals(Reason.NO_PASSKEY, exception.failure.reason)
    }

    @Test
    fun `a damaged list of passkeys is told from an empty one`() {
        File(application.noBackupFilesDir, "passkeys").writeText("not a snapshot")
        val exception = assertThrows(PasskeyException::class.java) { runBlocking { world.passkeys() } }
        assertEquals(Reason.STORAGE_DAMAGED, exception.failure.reason)
    }
}
