package org.wardkey.app.screens

import android.content.Intent
import android.os.Looper
import android.view.View
import android.view.WindowManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowLooper
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.preflight.words
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.app.words.words
import org.wardkey.core.Fix
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Use
import java.util.concurrent.TimeUnit

internal class ResultActivityTest : ScreenTest() {
    private val context = RuntimeEnvironment.getApplication()

    @Test
    fun `draws a sign-in`() =
        draw<ResultActivity>("result-signed-in", intent = { ResultActivity.success(context, Use.SIGN_IN) })

    @Test
    fun `draws a registration`() =
        draw<ResultActivity>("result-registered", intent = { ResultActivity.success(context, Use.REGISTER) })

    @Test
    fun `draws a code for the registration authority`() =
        draw<ResultActivity>("result-witness", intent = { registered("1234 5678 9012") })

    @Test
    fun `a code stays on the screen until it was read, and TalkBack says its digits one by one`() {
        val activity = opened(registered("1234 5678 9012"))
        assertEquals("1234 5678 9012", activity.text(R.id.result_witness))
        val said = activity.requireViewById<View>(R.id.result_witness).contentDescription
        assertEquals("1 2 3 4, 5 6 7 8, 9 0 1 2", said)
        val staysOn = activity.window.attributes.flags and WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON
        assertTrue(staysOn != 0)
        ShadowLooper.idleMainLooper(1, TimeUnit.HOURS)
        assertFalse(activity.isFinishing)
        activity.requireViewById<View>(R.id.result_close).performClick()
        assertTrue(activity.isFinishing)
    }

    @Test
    fun `where there is no code there is no card for it`() {
        for (intent in listOf(ResultActivity.success(context, Use.SIGN_IN), of(Reason.BUSY))) {
            assertFalse(opened(intent).shows(R.id.result_witness_card))
        }
    }

    private fun registered(witness: String) = ResultActivity.success(context, Use.REGISTER, witness)

    @Test
    fun `draws a failure`() {
        world.configuration = unmanaged.copy(supportContact = "IT service desk, 01632 960 000")
        draw<ResultActivity>("result-failure", intent = {
            val failure = failure(Reason.NETWORK_BLOCKED, Step.TUNNEL, fix = Fix.NETWORK)
            ResultActivity.failure(context, failure, canScanAgain = true)
        })
    }

    @Test
    fun `draws the details of a failure`() =
        draw<ResultActivity>("result-detail", intent = { of(Reason.TOO_FAR_AWAY, Step.NEARBY) }) {
            it.requireViewById<View>(R.id.result_toggle).performClick()
        }

    @Test
    fun `every reason fits on every screen`() = Reason.entries.forEach { reason ->
        val name = "result-${reason.name.lowercase()}"
        draw<ResultActivity>(name, listOf(Look.WELSH_LARGE_TEXT), { of(reason, fix = Fix.PERMISSIONS) })
    }

    @Test
    fun `a detail without a place to break it fits, and so does a long word of whom to ask`() {
        world.configuration = unmanaged.copy(supportContact = "a".repeat(LONGEST_CONTACT))
        val classes = "android.security.KeyStoreException 15/-28 < java.security.ProviderException"
        val detail = "the key store failed: $classes < ${"Unbreakable".repeat(20)}"
        val failure = failure(Reason.KEY_STORE_FAILED, Step.KEY, detail)
        draw<ResultActivity>("result-long", intent = { ResultActivity.failure(context, failure) }) {
            it.requireViewById<View>(R.id.result_toggle).performClick()
            idleUntil { it.shows(R.id.result_support) }
        }
    }

    @Test
    fun `every failure has its words, and its step when asked`() {
        for (reason in Reason.entries) for (step in listOf(Step.KEY, Step.TUNNEL)) {
            val activity = opened(of(reason, step))
            assertEquals(activity.getString(reason.title), activity.text(R.id.result_title))
            assertEquals(activity.getString(reason.remedy), activity.text(R.id.result_text))
            assertFalse(activity.shows(R.id.result_detail_card))
            activity.requireViewById<View>(R.id.result_toggle).performClick()
            assertTrue(activity.shows(R.id.result_detail_card))
            assertTrue(activity.text(R.id.result_step).endsWith(activity.getString(step.words)))
            assertEquals("in detail", activity.text(R.id.result_detail))
            activity.requireViewById<View>(R.id.result_toggle).performClick()
            assertFalse(activity.shows(R.id.result_detail_card))
        }
    }

    @Test
    fun `what the core knows a page of Android for has a button`() {
        assertFalse(opened(of(Reason.BLUETOOTH_OFF)).shows(R.id.result_fix))
        val pages = mapOf(
            Fix.SCREEN_LOCK to "android.app.action.SET_NEW_PASSWORD",
            Fix.PERMISSIONS to "android.settings.APPLICATION_DETAILS_SETTINGS",
            Fix.BLUETOOTH to "android.settings.BLUETOOTH_SETTINGS",
            Fix.NETWORK to "android.settings.WIRELESS_SETTINGS",
        )
        for ((fix, page) in pages) {
            val activity = opened(of(Reason.BLUETOOTH_OFF, fix = fix))
            assertEquals(activity.getString(fix.words), activity.text(R.id.result_fix))
            activity.requireViewById<View>(R.id.result_fix).performClick()
            assertEquals(page, shadowOf(activity).nextStartedActivity?.action)
        }
    }

    @Test
    fun `the way to a new code is shown only where a code was scanned`() {
        assertFalse(opened(of(Reason.BUSY)).shows(R.id.result_again))
        val scanned = ResultActivity.failure(context, failure(Reason.BUSY), canScanAgain = true)
        assertTrue(opened(scanned).shows(R.id.result_again))
    }

    @Test
    fun `names whom to ask, if there is somebody`() {
        assertFalse(opened(of(Reason.BUSY)).shows(R.id.result_support))
        world.configuration = unmanaged.copy(supportContact = "support@example.org")
        val words = opened(of(Reason.BUSY)).text(R.id.result_support)
        assertEquals("Support contact: support@example.org", words)
    }

    @Test
    fun `a failure is kept once for the diagnostics, a success is not`() {
        val intent = of(Reason.CODE_EXPIRED, Step.TUNNEL)
        val controller = Robolectric.buildActivity(ResultActivity::class.java, intent)
        controller.setup()
        idleUntil { world.failures.recent().isNotEmpty() }
        controller.recreate()
        opened(ResultActivity.success(context, Use.SIGN_IN))
        val kept = world.failures.recent().map { it.step to it.reason }
        assertEquals(listOf(Step.TUNNEL to Reason.CODE_EXPIRED), kept)
    }

    @Test
    fun `a success has no failure's buttons`() {
        val activity = opened(ResultActivity.success(context, Use.REGISTER))
        assertFalse(activity.shows(R.id.result_failure))
        activity.requireViewById<View>(R.id.result_close).performClick()
        assertTrue(activity.isFinishing)
    }

    @Test
    fun `an intent that cannot be read is a mistake of the app`() {
        val odd = of(Reason.BUSY).apply { extras?.keySet()?.forEach { putExtra(it, 7) } }
        for (intent in listOf(Intent(), odd)) {
            assertEquals(context.getString(Reason.UNEXPECTED.title), opened(intent).text(R.id.result_title))
        }
    }

    private fun of(reason: Reason, step: Step = Step.KEY, fix: Fix? = null) =
        ResultActivity.failure(context, failure(reason, step, fix = fix))

    private fun opened(intent: Intent): ResultActivity {
        val activity = Robolectric.buildActivity(ResultActivity::class.java, intent).setup().get()
        shadowOf(Looper.getMainLooper()).idle()
        return activity
    }

    private companion object {
        /** Characters that the core lets a support contact have. */
        const val LONGEST_CONTACT = 200
    }
}
