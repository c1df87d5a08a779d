package org.wardkey.app.screens

import android.app.Activity
import android.app.Dialog
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart.UNDISPATCHED
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowDialog
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.core.Choice
import org.wardkey.core.Message
import org.wardkey.core.Use
import org.wardkey.core.UserFailure
import java.time.Duration

internal class ActivityUserTest : ScreenTest() {
    private val controller = Robolectric.buildActivity(Activity::class.java).setup()
    private val user = ActivityUser(controller.get())
    private val scope = CoroutineScope(Dispatchers.Main + SupervisorJob())
    private val looper = shadowOf(Looper.getMainLooper())

    @After
    fun `leave nothing behind`() = scope.cancel()

    @Test
    fun `draws the consent to a sign-in`() = drawQuestion("consent") { consent(Use.SIGN_IN, SITE, ACCOUNT) }

    @Test
    fun `draws the consent to a passkey`() =
        drawQuestion("consent-register") { consent(Use.REGISTER, SITE, ACCOUNT) }

    @Test
    fun `draws the consent to a site and an account of any length`() =
        drawQuestion("consent-long") { consent(Use.SIGN_IN, longest.rpId, longest.userName) }

    @Test
    fun `draws the choice between accounts of any length`() = drawQuestion("choose-long") {
        choose(longest.rpId, accounts.map { it.copy(name = longest.userName, displayName = longest.displayName) })
    }

    @Test
    fun `draws the choice of an account`() = drawQuestion("choose") { choose(SITE, accounts) }

    @Test
    fun `draws each message`() = Message.entries.forEach { message ->
        val name = message.name.lowercase().replace('_', '-')
        drawQuestion("message-$name") { inform(SITE, message) }
    }

    @Test
    fun `consent names site and account, and is given by one button`() {
        val answer = asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        assertEquals("sign-in.\u200Bexample.\u200Borg", text(R.id.consent_site))
        assertEquals(ACCOUNT, text(R.id.consent_account))
        assertFalse(answer.isCompleted)
        tap(R.id.consent_confirm)
        assertAnswered(Unit, answer)
    }

    @Test
    fun `consent can be refused by button and by going back`() {
        for (refuse in listOf({ tap(R.id.question_cancel) }, { dialog.cancel() })) {
            val answer = asking { user.consent(Use.REGISTER, SITE, ACCOUNT) }
            refuse()
            assertFailed<UserFailure.Declined>(answer)
        }
    }

    @Test
    fun `taps through another app's window do not count`() {
        asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        val frame = requireNotNull(dialog.findViewById<ViewGroup>(android.R.id.content)).getChildAt(0)
        assertTrue(frame.filterTouchesWhenObscured)
    }

    @Test
    fun `an account is chosen by its row`() {
        for (index in accounts.indices) {
            val answer = asking { user.choose(SITE, accounts) }
            val rows = dialog.requireViewById<ViewGroup>(R.id.choose_accounts)
            assertEquals(accounts.size, rows.childCount)
            rows.getChildAt(index).performClick()
            assertAnswered(index.toUInt(), answer)
        }
    }

    @Test
    fun `accounts can all be refused`() {
        val answer = asking { user.choose(SITE, accounts) }
        tap(R.id.question_cancel)
        assertFailed<UserFailure.Declined>(answer)
    }

    @Test
    fun `a message has been seen when it is closed or left`() {
        for (message in Message.entries - Message.SELECTED) {
            for (close in listOf({ tap(R.id.message_confirm) }, { dialog.cancel() })) {
                val answer = asking { user.inform(SITE, message) }
                close()
                assertAnswered(Unit, answer)
            }
        }
    }

    @Test
    fun `the phone is selected by its button alone`() {
        val selected = asking { user.inform(SITE, Message.SELECTED) }
        tap(R.id.message_confirm)
        assertAnswered(Unit, selected)
        for (refuse in listOf({ tap(R.id.question_cancel) }, { dialog.cancel() })) {
            val answer = asking { user.inform(SITE, Message.SELECTED) }
            refuse()
            assertFailed<UserFailure.Declined>(answer)
        }
    }

    @Test
    fun `a question that nobody answers times out`() {
        val answer = asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        looper.idleFor(Duration.ofSeconds(119))
        assertFalse(answer.isCompleted)
        looper.idleFor(Duration.ofSeconds(2))
        assertFailed<UserFailure.TimedOut>(answer)
    }

    @Test
    fun `a question ends with its activity`() {
        val answer = asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        controller.destroy()
        assertFailed<UserFailure.Cancelled>(answer)
    }

    @Test
    fun `an activity on its way out asks nothing`() {
        ShadowDialog.reset()
        controller.get().finish()
        assertFailed<UserFailure.Cancelled>(asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) })
        assertNull(ShadowDialog.getLatestDialog())
    }

    @Test
    fun `a question goes when nobody waits for its answer any more`() {
        val answer = asking { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        answer.cancel()
        looper.idle()
        assertTrue(answer.isCancelled)
        assertFalse(dialog.isShowing)
    }

    @Test
    fun `an Error becomes a failure, without its message`() {
        val broken = object : Activity() {
            override fun isFinishing(): Boolean = throw OutOfMemoryError("clinician@example.org")
        }
        val answer = asking { ActivityUser(broken).inform(SITE, Message.NO_PASSKEY) }
        assertFailed<UserFailure.Unexpected>(answer)
        assertEquals("java.lang.OutOfMemoryError", (failure(answer) as UserFailure.Unexpected).detail)
    }

    @Test
    fun `the cancellation of something else is a failure`() {
        val broken = object : Activity() {
            override fun isFinishing(): Boolean = throw java.util.concurrent.CancellationException("another")
        }
        assertFailed<UserFailure.Cancelled>(asking { ActivityUser(broken).inform(SITE, Message.NO_PASSKEY) })
    }

    @Test
    fun `may be asked from any thread`() {
        ShadowDialog.reset()
        val answer = CoroutineScope(Dispatchers.Default).async { user.consent(Use.SIGN_IN, SITE, ACCOUNT) }
        idleUntil { ShadowDialog.getLatestDialog() != null }
        tap(R.id.consent_confirm)
        idleUntil { answer.isCompleted }
        assertAnswered(Unit, answer)
    }

    private fun drawQuestion(name: String, ask: suspend ActivityUser.() -> Unit) = draw<Activity>(
        name,
        window = { requireNotNull(dialog.window).decorView },
    ) { activity -> scope.async(start = UNDISPATCHED) { ActivityUser(activity).ask() } }

    private fun <T> asking(ask: suspend () -> T): Deferred<T> =
        scope.async(start = UNDISPATCHED) { ask() }.also { looper.idle() }

    private val dialog: Dialog get() = ShadowDialog.getLatestDialog()

    private fun text(id: Int) = dialog.requireViewById<TextView>(id).text.toString()

    private fun tap(id: Int) {
        assertTrue(dialog.requireViewById<View>(id).performClick())
    }

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun <T> assertAnswered(expected: T, answer: Deferred<T>) {
        looper.idle()
        assertEquals(expected, answer.getCompleted())
        assertFalse("still on the screen", dialog.isShowing)
    }

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun failure(answer: Deferred<*>): Throwable? {
        looper.idle()
        return answer.getCompletionExceptionOrNull()
    }

    private inline fun <reified F : UserFailure> assertFailed(answer: Deferred<*>) {
        val failure = failure(answer)
        assertTrue("$failure", failure is F)
        assertFalse("still on the screen", ShadowDialog.getLatestDialog()?.isShowing == true)
    }

    private companion object {
        const val SITE = "sign-in.example.org"
        const val ACCOUNT = "clinician@example.org"

        val accounts = listOf(
            Choice("clinician@example.org", "Test clinician", 1_790_000_000uL),
            Choice("locum@example.org", "", null),
        )
    }
}
